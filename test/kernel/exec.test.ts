// The door to processes where no file system takes a nameless file: input goes by a pipe. In a mount namespace of its own.
import * as assert from 'uvu/assert';
import { makeRun } from '../../src/system/exec.ts';
import { openScratch } from '../../src/system/scratch.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { sh } from './host.ts';

const run = makeRun({ timeout: 20_000 });
/** More than a pipe holds. */
const input = 'line\n'.repeat(200_000);
const test = unless(needsNamespace() ?? needsCommand('mount'));

test.before(() => {
  sh('mount --bind /proc/sys /run');
  process.env.TMPDIR = '/proc/sys';
  assert.is(openScratch(), undefined);
});

test('all of a large input reaches a command by a pipe', async () => {
  const { status, stdout } = await run('cat', [], { input });
  assert.equal([status, stdout === input], [0, true]);
});

test('a command that does not read its input is judged by its status', async () => {
  for (const wanted of [0, 3]) {
    const { status, stdout, stderr } = await run('sh', ['-c', `echo out; echo err >&2; exit ${wanted}`], {
      input,
    });
    assert.equal({ status, stdout, stderr }, { status: wanted, stdout: 'out\n', stderr: 'err\n' });
  }
});

test.run();
