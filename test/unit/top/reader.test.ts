// Where the live screen is shown, where glyphs are sent, and how wide a frame without a screen is.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isScreen, isUnicode, widthAsked } from '../../../src/top/reader.ts';

const around = (stdout: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv = {}) =>
  ({ stdout, env }) as NodeJS.Process;

test('a screen is a terminal that says which one it is', () => {
  for (const [isTTY, env, screen] of [
    [true, { TERM: 'xterm' }, true],
    [true, { TERM: 'linux' }, true],
    [true, { TERM: 'dumb' }, false],
    [true, { TERM: '' }, false],
    [true, {}, false],
    [false, { TERM: 'xterm' }, false],
    [undefined, { TERM: 'xterm' }, false],
  ] as const)
    assert.is(isScreen(around(isTTY === undefined ? {} : { isTTY }, env)), screen, `${isTTY} ${env}`);
});

test('glyphs are for locales of UTF-8, of which LC_ALL says most, and for no Linux console', () => {
  for (const [env, unicode] of [
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LANG: 'de_DE.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{}, false],
    [{ LC_ALL: 'C', LC_CTYPE: 'C.UTF-8', LANG: 'C.UTF-8' }, false],
    [{ LC_ALL: 'C.UTF-8', LC_CTYPE: 'C', LANG: 'C' }, true],
    [{ LC_ALL: '', LC_CTYPE: 'C.UTF-8', LANG: 'C' }, true],
    [{ LC_CTYPE: 'C', LANG: 'C.UTF-8' }, false],
    [{ LC_CTYPE: '', LANG: 'C.UTF-8' }, true],
    [{ LANG: 'C.UTF-8', TERM: 'linux' }, false],
    [{ LANG: 'C.UTF-8', TERM: 'xterm' }, true],
  ] as const)
    assert.is(isUnicode({ env }), unicode, JSON.stringify(env));
});

test('as wide as the terminal, elsewhere as COLUMNS says, and not where a frame has no room', () => {
  const piped = (COLUMNS?: string) => widthAsked(around({}, COLUMNS === undefined ? {} : { COLUMNS }));
  assert.equal([undefined, '', 'wide', '0', '-80', '19', '20', '80'].map(piped), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    20,
    80,
  ]);
  const terminal = (columns: number) => widthAsked(around({ isTTY: true, columns }, { COLUMNS: '50' }));
  assert.equal([0, 19, 20, 132].map(terminal), [undefined, undefined, 20, 132]);
});

test.run();
