// The help and the mistakes of a command line: commands in their groups, own options before common ones, and what was meant.
import { CommanderError } from 'commander';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeProgram } from '../../../src/cli/program.ts';

const help = () => makeProgram().helpInformation();

/** What is printed to stderr, and commander's status. */
async function wrong(...args: string[]): Promise<[text: string, status: number]> {
  const program = makeProgram();
  let text = '';
  const writeErr = (part: string) => {
    text += part;
  };
  const output = { writeErr, writeOut: () => {} };
  for (const command of [program, ...program.commands]) command.configureOutput(output);
  // commander takes it for the status of help, and other tests of this process may have set it.
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return [text, error.exitCode];
  } finally {
    process.exitCode = before;
  }
  return [text, 0];
}

test('commands stand in three groups, without the word that would head all of them', () => {
  const lines = help().split('\n');
  const titles = lines.filter((line) => /^[A-Z].*:$/.test(line));
  assert.equal(titles, [
    'Options:',
    'From the configuration to the kernel:',
    'Who has what:',
    'The host around it:',
  ]);
  for (const [title, first] of [
    ['From the configuration to the kernel:', /^ {2}check /],
    ['Who has what:', /^ {2}status /],
    ['The host around it:', /^ {2}import /],
  ] as const) {
    const at = lines.indexOf(title);
    assert.match(lines[at + 1] ?? '', first);
    assert.is(lines[at - 1], '', 'a line between two');
    assert.is(lines[at - 2] === '', false, 'and no second one');
  }
  assert.not.match(help(), /^ {2}\S.*\[options\]/m);
  assert.not.match(help(), /^ {2}(guard|names) /m);
});

test('a command has its own options first, then the common ones', () => {
  const limit = makeProgram().commands.find((command) => command.name() === 'limit');
  const options = [...(limit?.helpInformation() ?? '').matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(
    ([, long]) => long,
  );
  assert.equal(options, [
    ...[
      '--ceil',
      '--rate',
      '--out',
      '--in',
      '--for',
      '--until',
      '--why',
      '--group',
      '--unmarked',
      '--lift',
      '--help',
    ],
    ...['--config', '--rules', '--root', '--lock-timeout', '--timeout', '--quiet', '--verbose'],
  ]);
});

test('a word that is no command, with the one that was meant; never unload where load may have been', async () => {
  const more = '(virt-shaper --help shows what there is)\n';
  const unknown = (word: string, meant = '') => [
    `virt-shaper: unknown command '${word}'\n${meant}${more}`,
    1,
  ];
  const load = '(Did you mean load? For a changed configuration: apply)\n';
  assert.equal(await wrong('stauts'), unknown('stauts', '(Did you mean status?)\n'));
  assert.equal(await wrong('reload'), unknown('reload', load));
  assert.equal(await wrong('unlod'), unknown('unlod', '(Did you mean unload?)\n'));
  assert.equal(await wrong('help', 'stauts'), unknown('stauts', '(Did you mean status?)\n'));
  assert.equal(await wrong('help', 'zzzzzz'), unknown('zzzzzz'));
  assert.equal(await wrong('apply', '--nothing'), [`virt-shaper: unknown option '--nothing'\n${more}`, 1]);
  assert.equal(await wrong('import'), [`virt-shaper: missing required argument 'file'\n${more}`, 1]);
  assert.is((await wrong('help', 'status'))[1], 0);
  assert.is((await wrong('--version'))[1], 0);
});

test.run();
