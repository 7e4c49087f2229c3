// What is typed into top: text with what edits it, steps of the interval, and the moves of the cursor to the very ends.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Key, press } from '../../../src/top/keys.ts';
import type { Row } from '../../../src/top/scene.ts';
import { initialView, leastInterval, longestInterval, type View } from '../../../src/top/view.ts';

const start = initialView(1);
const list = Array.from({ length: 50 }, (_none, at): Row => ({ kind: 'guest', name: `vm-${at}` }));
const shown = { uplinks: ['eth0', 'eth1'], first: 0, rows: 50, page: 20, list };

const special: Record<string, Key> = {
  enter: { name: 'enter', sequence: '\n' },
  return: { name: 'return', sequence: '\r' },
  escape: { name: 'escape', sequence: '\u001b' },
  backspace: { name: 'backspace', sequence: '\u007f' },
  'ctrl-u': { name: 'u', sequence: '\u0015', ctrl: true },
  'ctrl-a': { name: 'a', sequence: '\u0001', ctrl: true },
  up: { name: 'up', sequence: '\u001b[A' },
  down: { name: 'down', sequence: '\u001b[B' },
  pageup: { name: 'pageup', sequence: '\u001b[5~' },
  pagedown: { name: 'pagedown', sequence: '\u001b[6~' },
  home: { name: 'home', sequence: '\u001b[H' },
  end: { name: 'end', sequence: '\u001b[F' },
};

function typed(names: string[], from: Partial<View> = {}, more: Partial<typeof shown> = {}): View {
  return names.reduce<View>(
    (view, name) => {
      const key = special[name] ?? { name: name.toLowerCase(), sequence: name };
      return press(view, key, { ...shown, first: view.scroll, cursor: view.cursor?.at, ...more }) as View;
    },
    { ...start, ...from },
  );
}

test('Ctrl-U empties what is typed, and nothing else does', () => {
  for (const mode of ['filter', 'interval'] as const) {
    const next = typed(['ctrl-u'], { mode, input: 'abc' });
    assert.equal([next.mode, next.input], [mode, '']);
    assert.is(typed(['ctrl-a'], { mode, input: 'abc' }).input, 'abc', 'no other one with Ctrl');
    assert.is(typed(['u'], { mode, input: 'abc' }).input, 'abcu', 'u is a letter');
  }
  assert.is(typed(['ctrl-u'], { mode: 'filter', input: 'abc', filter: 'abc' }).filter, '', 'all are shown');
  assert.is(typed(['ctrl-u']).uplink, 'eth0', 'there is nothing typed in the list');
});

test('Backspace takes one character back, whatever it is made of', () => {
  const left = (input: string) => typed(['backspace'], { mode: 'filter', input }).input;
  assert.equal([left('abc'), left('a😀'), left('a'), left('')], ['ab', 'a', '', '']);
});

test('what is typed filters in lower case, and stays as it was typed', () => {
  const next = typed(['A', 'b'], { mode: 'filter' });
  assert.equal([next.input, next.filter, next.mode], ['Ab', 'ab', 'filter']);
  assert.equal([typed(['return'], next).filter, typed(['return'], next).mode], ['ab', 'list']);
  assert.equal([typed(['enter'], next).mode, typed(['escape'], next).filter], ['list', '']);
  assert.is(typed(['/'], { filter: 'ab' }).input, 'ab', 'it is there to go on with');
  assert.is(typed(['x'], { mode: 'filter', scroll: 9 }).scroll, 0);
});

test('Esc in the list shows all again: no filter, every uplink, who is idle, no cursor', () => {
  const cursor = { row: list[3] as Row, at: 3 };
  const next = typed(['escape'], { filter: 'x', uplink: 'eth1', busyOnly: true, cursor, scroll: 4 });
  assert.equal(
    [next.filter, next.uplink, next.busyOnly, next.cursor, next.scroll],
    ['', undefined, false, undefined, 0],
  );
});

test('u goes through the uplinks and back to all of them', () => {
  assert.equal(
    [undefined, 'eth0', 'eth1', 'gone'].map((uplink) => typed(['u'], { uplink }).uplink),
    ['eth0', 'eth1', undefined, 'eth0'],
  );
});

test('each key that switches switches back', () => {
  const keys = [
    ['i', 'busyOnly'],
    ['p', 'paused'],
    [' ', 'paused'],
    ['g', 'tree'],
    ['t', 'tree'],
    ['r', 'reversed'],
  ] as const;
  for (const [name, what] of keys)
    assert.equal([typed([name])[what], typed([name, name])[what]], [true, false], name);
});

test('+ and - take the next longer and shorter interval, to the ends', () => {
  const all = [0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600];
  assert.equal([leastInterval, longestInterval], [0.1, 3600]);
  for (const [at, interval] of all.entries()) {
    assert.is(typed(['+'], { interval }).interval, all[at + 1] ?? 3600);
    assert.is(typed(['-'], { interval }).interval, all[at - 1] ?? 0.1);
  }
  assert.equal([typed(['+'], { interval: 4 }).interval, typed(['-'], { interval: 4 }).interval], [5, 3]);
});

test('a typed interval counts when Enter is pressed, within its limits', () => {
  const after = (input: string, ...keys: string[]) => {
    const { interval, mode } = typed(keys, { mode: 'interval', input, interval: 7 });
    return [interval, mode];
  };
  assert.equal(after('2', 'return'), [2, 'list']);
  assert.equal(after(' 2,5 ', 'return'), [2.5, 'list']);
  assert.equal(after('2', 'escape'), [7, 'list']);
  assert.equal(after('2', '5'), [7, 'interval']);
  assert.equal(after('', 'return'), [7, 'list']);
  assert.equal(after('x', 'return'), [7, 'list']);
  assert.equal(after('0.01', 'return'), [0.1, 'list']);
  assert.equal(after('-5', 'return'), [0.1, 'list']);
  assert.equal(after('3601', 'return'), [3600, 'list']);
  assert.equal([typed(['d']).input, typed(['s'], { input: 'x' }).input], ['', '']);
});

test('the list to sort by: up and down, Enter takes it, Esc and q leave it', () => {
  const from = { mode: 'sort' as const, input: 'use' };
  const after = (...names: string[]) => {
    const { mode, input, sort } = typed(names, { ...from, sort: 'out' });
    return [mode, input, sort];
  };
  assert.equal(after('up'), ['sort', 'uplink', 'out']);
  assert.equal(after('k'), ['sort', 'uplink', 'out']);
  assert.equal(after('down'), ['sort', 'both', 'out']);
  assert.equal(after('j'), ['sort', 'both', 'out']);
  assert.equal(after('return'), ['list', 'use', 'use']);
  assert.equal(after('enter'), ['list', 'use', 'use']);
  assert.equal(after('escape'), ['list', 'use', 'out']);
  assert.equal(after('q'), ['list', 'use', 'out']);
  assert.equal(after('x'), ['sort', 'use', 'out']);
  assert.equal(typed(['o'], { sort: 'in' }).input, 'in');
});

test('the cursor: where each key takes it, from no row and from one', () => {
  const at = (name: string, from?: number, first = 0) =>
    typed([name], {
      ...(from === undefined ? {} : { cursor: { row: list[from] as Row, at: from } }),
      scroll: first,
    }).cursor?.at;
  const none = [
    at('up', undefined, 9),
    at('k', undefined, 9),
    at('down', undefined, 9),
    at('j', undefined, 9),
  ];
  assert.equal(none, [9, 9, 9, 9], 'the first that is seen');
  assert.equal([at('pageup', undefined, 25), at('pagedown', undefined, 9)], [5, 29]);
  assert.equal([at('up', 9), at('k', 9), at('down', 9), at('j', 9)], [8, 8, 10, 10]);
  assert.equal([at('pageup', 25), at('pagedown', 25), at('home', 25), at('end', 25)], [5, 45, 0, 49]);
  assert.equal([at('up', 0), at('pageup', 3), at('down', 49), at('pagedown', 45)], [0, 0, 49, 49]);
  assert.is(typed(['down'], { cursor: { row: list[0] as Row, at: 0 } }).cursor?.row, list[1]);
});

test('a page moves the window with the cursor, a line leaves it to the frame', () => {
  const scroll = (name: string, first: number) =>
    typed([name], { cursor: { row: list[first] as Row, at: first }, scroll: first }).scroll;
  assert.equal([scroll('pagedown', 5), scroll('pageup', 25), scroll('pagedown', 25)], [25, 5, 30]);
  assert.equal([scroll('down', 5), scroll('end', 5), scroll('home', 5)], [5, 5, 5]);
});

test('a screen to read is scrolled by lines, pages and to its ends, no further', () => {
  for (const mode of ['help', 'explain'] as const) {
    const at = (name: string, scroll: number) => typed([name], { mode, scroll }).scroll;
    assert.equal([at('up', 9), at('k', 9), at('down', 9), at('j', 9)], [8, 8, 10, 10], mode);
    assert.equal([at('pageup', 25), at('pagedown', 5), at('home', 9), at('end', 9)], [5, 25, 0, 30], mode);
    assert.equal([at('up', 0), at('down', 30), at('pageup', 3), at('pagedown', 29)], [0, 30, 0, 30], mode);
    assert.is(typed(['down'], { mode, scroll: 0 }, { rows: 5 }).scroll, 0, 'all of it is seen');
  }
});

test('Enter opens who is marked, and where it was opened from is known', () => {
  const cursor = { row: list[3] as Row, at: 3 };
  const opened = typed(['return'], { cursor, scroll: 2 });
  assert.equal(
    [opened.mode, opened.explained, opened.scroll],
    ['explain', { kind: 'guest', name: 'vm-3', from: 2 }, 0],
  );
  const back = typed(['escape'], { ...opened, scroll: 8 });
  assert.equal([back.mode, back.scroll, back.explained, back.cursor?.at], ['list', 2, undefined, 3]);
  assert.equal(typed(['return'], {}, { list: [], rows: 0 }).mode, 'list');
  assert.is(typed(['return'], { cursor, scroll: 2 }, { list: [] }).mode, 'list', 'it has gone');
});

test('keys without a name of their own, and names of the language, do nothing', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'f2', 'tab', '']) {
    const key = { name, sequence: '\u001b' };
    assert.equal(press(start, key, shown), start, name);
    const reading = { ...start, mode: 'explain' as const };
    assert.equal(press(reading, key, shown), reading, name);
  }
  assert.equal(press(start, {}, shown), start);
  assert.equal(press(start, { name: 'c', sequence: 'c' }, shown), start, 'c is not Ctrl-C');
  assert.equal(press(start, { name: 'z', sequence: 'z' }, shown), start, 'z is not Ctrl-Z');
});

test.run();
