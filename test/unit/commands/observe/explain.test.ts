// A line of explain: painted on a terminal, plain for a pipe, a dumb terminal, and where no colour is wanted.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onScreen } from '../../../../src/commands/observe/explain.ts';
import { type Line, paint, textOf } from '../../../../src/text/spans.ts';

const line: Line = [
  { text: 'cliff ', style: 'strong' },
  { text: 'is NOT shaped', style: 'warning' },
];
const on = (isTTY: boolean | undefined, env: NodeJS.ProcessEnv) =>
  onScreen(line, { stdout: { isTTY }, env } as NodeJS.Process);

test('a terminal gets colours, unless it is dumb or they are not wanted; a pipe gets text', () => {
  const [coloured, bare, text] = [paint(line, true), paint(line, false), textOf(line)];
  assert.match(coloured, '\u001b');
  assert.is.not(coloured, bare);
  for (const [isTTY, env, shown] of [
    [true, { TERM: 'xterm' }, coloured],
    [true, {}, coloured],
    [true, { TERM: 'xterm', NO_COLOR: '' }, coloured],
    [true, { TERM: 'xterm', NO_COLOR: '1' }, bare],
    [true, { TERM: 'dumb' }, text],
    [false, { TERM: 'xterm' }, text],
    [undefined, { TERM: 'xterm' }, text],
  ] as const)
    assert.is(on(isTTY, env), shown, `${isTTY} ${JSON.stringify(env)}`);
});

test.run();
