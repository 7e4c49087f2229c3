// What the hook's own reading of its line says is what commander says of the same line, or it is left to commander.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hookLine } from '../../../src/cli/hook-line.ts';
import { makeProgram } from '../../../src/cli/program.ts';

const call = ['hook', 'qemu', 'cliff', 'start', 'begin', '-'];

/** What commander passes to the command; nothing where the line is another one, or help is asked for. */
async function byCommander(words: string[]): Promise<unknown> {
  const program = makeProgram();
  let heard: unknown;
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
    command.action(() => {
      if (command.name() === 'hook') heard = { options: command.optsWithGlobals(), args: command.args };
    });
  }
  program.configureOutput({ writeOut: () => {}, writeErr: () => {} });
  await program.parseAsync(words, { from: 'user' }).catch(() => {});
  return heard;
}

const known = [
  call,
  ['hook', 'qemu', '--help', 'start', 'begin', '-'],
  ['hook', 'qemu', '-x', 'stopped', 'end', '-'],
  ['hook', 'qemu', '--root', 'start', 'begin', '-'],
  ['hook', 'qemu', 'hook', 'start', 'begin', '-'],
  ['hook', 'qemu', '', 'start', 'begin', '-'],
  ['hook', 'network', 'default', 'port-created', 'begin', '-'],
  ['--root', '/tmp/a b', ...call],
  ['--root', 'hook', ...call],
  ['--config', '/etc/x.toml', '--rules', '/r', '--lock-timeout', '1', '--timeout', '5', ...call],
  ['--root', '/a', '--root', '/b', ...call],
  ['hook', 'qemu'],
];
for (const words of known) {
  test(`understood: ${words.join(' ')}`, async () => {
    const line = hookLine(words);
    assert.ok(line);
    assert.equal(line, await byCommander(words));
  });
}

const left = [
  ['hook', '--help'],
  ['hook', '--root', '/a', 'qemu', 'cliff', 'start', 'begin', '-'],
  ['--quiet', ...call],
  ['-v', ...call],
  ['--root=/a', ...call],
  ['--root', '-a', ...call],
  ['--root', '', ...call],
  ['--nothing', 'x', ...call],
  ['--toString', 'x', ...call],
  ['sync'],
  ['explain', 'hook'],
  ['--root', 'hook'],
  ['--version'],
  [],
];
for (const words of left) {
  test(`left to commander: ${words.join(' ')}`, () => {
    assert.is(hookLine(words), undefined);
  });
}

test.run();
