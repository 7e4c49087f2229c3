// The keys of top: what each makes of the view, and that the help screen tells of every one.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { textOf } from '../../../src/text/spans.ts';
import { sortable } from '../../../src/top/columns.ts';
import { renderFrame } from '../../../src/top/frame.ts';
import { helpLines, keys } from '../../../src/top/help.ts';
import { type Key, press } from '../../../src/top/keys.ts';
import { placeRows } from '../../../src/top/rows.ts';
import type { Row } from '../../../src/top/scene.ts';
import { initialView, type View } from '../../../src/top/view.ts';
import { someScene } from './scene.ts';

const start = initialView(1);
const list = Array.from({ length: 300 }, (_none, at): Row => {
  return { kind: at === 2 ? 'group' : at === 3 ? 'unmarked' : 'guest', name: `vm-${at}`, uplink: 'eth0' };
});
const shown = { uplinks: ['eth0', 'eth1'], first: 0, rows: 300, page: 20, list };

/** As readline tells of them. */
function key(name: string): Key {
  const named: Record<string, Key> = {
    Space: { name: 'space', sequence: ' ' },
    Enter: { name: 'return', sequence: '\r' },
    Esc: { name: 'escape', sequence: '\u001b' },
    Backspace: { name: 'backspace', sequence: '\u007f' },
    'Ctrl-C': { name: 'c', sequence: '\u0003', ctrl: true },
    'Ctrl-Z': { name: 'z', sequence: '\u001a', ctrl: true },
  };
  if (named[name]) return named[name];
  if (/^(F\d+|Up|Down|Left|Right|PgUp|PgDn|Home|End)$/.test(name)) {
    const id = { PgUp: 'pageup', PgDn: 'pagedown' }[name] ?? name.toLowerCase();
    return { name: id, sequence: `\u001b[${id}` };
  }
  return { name: /\w/.test(name) ? name.toLowerCase() : undefined, sequence: name };
}

function pressed(names: string, from: Partial<View> = {}): View {
  return names.split(' ').reduce<View>(
    (view, name) => {
      const next = press(view, key(name), { ...shown, first: view.scroll, cursor: view.cursor?.at });
      assert.type(next, 'object', name);
      return next as View;
    },
    { ...start, ...from },
  );
}

const order = (view: View) => placeRows(someScene().rows, view).map(({ row }) => row.name);

test('the help tells of every key, and each does something', () => {
  const from = { ...start, filter: 'a', sort: 'out' as const, scroll: 5 };
  for (const [names] of keys) {
    for (const name of names.split(' ')) {
      const next = press(from, key(name), { ...shown, first: 5, cursor: 7 });
      assert.not.equal(next, from, name);
    }
  }
  const told = keys.flatMap(([names]) => names.split(' '));
  const printable = Array.from({ length: 95 }, (_none, at) => String.fromCharCode(32 + at));
  const others = ['Esc', ...Array.from({ length: 12 }, (_none, at) => `F${at + 1}`), 'Left', 'Right'];
  for (const name of [...printable, ...others]) {
    const does = press(from, key(name), { ...shown, first: 5 });
    const known = told.includes(name === ' ' ? 'Space' : name);
    if (!known) assert.equal(does, from, `${name} is not in the help`);
  }
});

test('the help fits into 40 columns', () => {
  for (const line of helpLines(40)) assert.ok(textOf(line).length <= 40);
  const words = helpLines(40).map(textOf).join(' ').replace(/ +/g, ' ');
  assert.match(words, 'PgUp PgDn Home End');
});

test('q, F10 and Ctrl-C quit, Ctrl-Z suspends, whatever is shown', () => {
  for (const name of ['q', 'F10', 'Ctrl-C']) assert.is(press(start, key(name), shown), 'quit');
  for (const mode of ['help', 'sort', 'filter', 'interval', 'explain'] as const) {
    assert.is(press({ ...start, mode }, key('Ctrl-C'), shown), 'quit', mode);
    assert.is(press({ ...start, mode }, key('Ctrl-Z'), shown), 'suspend', mode);
  }
});

test('< and > and the arrows go from column to column and stop at the ends', () => {
  assert.is(pressed('<').sort, 'uplink');
  assert.is(pressed('Right').sort, 'both');
  assert.is(pressed(Array(40).fill('>').join(' ')).sort, sortable.at(-1));
  assert.is(pressed(Array(40).fill('Left').join(' ')).sort, sortable[0]);
});

test('F6 chooses a column, Esc leaves it as it was', () => {
  assert.is(pressed('F6 Down Down Enter').sort, 'out');
  assert.is(pressed('o Up Enter').sort, 'uplink');
  assert.is(pressed('o Up Esc').sort, 'use');
});

test('the largest first, names from A; reversed the other way, what has no value last all the same', () => {
  assert.equal(order(start).slice(0, 4), ['cliff', 'jason', 'unmarked', 'rob']);
  assert.equal(order({ ...start, sort: 'in' }).slice(0, 2), ['unmarked', 'rob']);
  assert.equal(order({ ...start, sort: 'guest' }).slice(0, 3), ['cliff', 'free', 'jason']);
  const reversed = order({ ...start, sort: 'in', reversed: true });
  assert.equal(reversed, ['名前のゲスト', 'cliff', 'jason', 'rob', 'unmarked', 'lost', 'free']);
});

test('every column sorts', () => {
  for (const sort of sortable) assert.is(order({ ...start, sort }).length, 7, sort);
});

test('g puts guests below their groups, each group in its place', () => {
  const view = pressed('g');
  assert.equal(order(view).slice(0, 4), ['friends', 'cliff', 'rob', 'jason']);
  const placed = placeRows(someScene().rows, view).map(({ below }) => below);
  assert.equal(placed.slice(0, 4), [undefined, 'more', 'last', undefined]);
});

test('/ filters while it is typed; Enter keeps it, Esc shows all', () => {
  assert.equal(order(pressed('/ R O B')), ['rob']);
  assert.equal(order(pressed('/ f r i e n d Enter')), ['cliff', 'rob']);
  assert.is(pressed('/ x y Backspace Enter').filter, 'x');
  assert.is(pressed('/ q Esc').filter, '');
  assert.equal(order(pressed('/ r o b Enter g')), ['friends', 'rob'], 'a member keeps its group');
  assert.equal(order(pressed('/ z z z Enter g')), []);
});

test('a filter takes any name, and no control character', () => {
  const typed = press(
    { ...start, mode: 'filter' },
    { name: undefined, sequence: '\u001b[31m' },
    shown,
  ) as View;
  assert.is(typed.filter, '');
  assert.equal(order(pressed('/ 前')), ['名前のゲスト']);
});

test('u goes through the uplinks and back to all', () => {
  assert.is(pressed('u').uplink, 'eth0');
  assert.is(pressed('u u').uplink, 'eth1');
  assert.is(pressed('u u u').uplink, undefined);
  assert.equal(order({ ...start, uplink: 'bond0.120' }), ['jason', 'lost', 'free']);
});

test('i hides who is idle', () => {
  assert.equal(order(pressed('i')), ['cliff', 'jason', 'unmarked', 'rob']);
});

test('the interval: longer, shorter, typed, never beyond its limits', () => {
  assert.is(pressed('+').interval, 2);
  assert.is(pressed('-').interval, 0.5);
  assert.is(pressed('d 2 , 5 Enter').interval, 2.5);
  assert.is(pressed('s 0 Enter').interval, 0.1);
  assert.is(pressed('d 9 9 9 9 9 Enter').interval, 3600);
  assert.is(pressed('d Space 3 Space Enter').interval, 3);
  for (const typed of ['d Enter', 'd Space Enter', 'd x Enter', 'd 5 Esc'])
    assert.is(pressed(typed).interval, 1, typed);
});

test('the arrows mark a row, first of those in view, and stop at the ends', () => {
  const at = (names: string, from: Partial<View> = {}) => pressed(names, from).cursor?.at;
  assert.is(start.cursor, undefined);
  assert.is(at('Down', { scroll: 40 }), 40);
  assert.is(at('k', { scroll: 40 }), 40);
  assert.is(at('Down j j Up'), 1);
  assert.is(at('Down PgDn'), 20);
  assert.is(pressed('Down PgDn').scroll, 20, 'a page is a page');
  assert.is(at('Up Up'), 0);
  assert.is(at('End Down PgDn'), 299);
  assert.is(at('End Home'), 0);
  assert.is(pressed('j j').cursor?.row, list[1]);
  assert.is(at('j j Esc'), undefined);
  assert.equal(press(start, key('Down'), { ...shown, list: [], rows: 0 }), start, 'nobody to mark');
});

test('Enter explains the marked guest or group, Esc and q lead back to where one was', () => {
  const opened = pressed('j j Enter', { scroll: 7 });
  assert.is(opened.mode, 'explain');
  assert.equal(opened.explained, { kind: 'guest', name: 'vm-8', from: 7 });
  assert.is(opened.scroll, 0);
  assert.is(pressed('Down PgDn', opened).scroll, 21);
  for (const leave of ['q', 'Esc']) {
    const { mode, scroll, cursor, explained } = pressed(`j ${leave}`, opened);
    assert.equal([mode, scroll, cursor?.at, explained], ['list', 7, 8, undefined], leave);
  }
  assert.is(pressed('x', opened).mode, 'explain', 'no other key does');
  assert.is(pressed('j j j Enter').explained?.kind, 'group');
  assert.is(pressed('j j j j Enter').mode, 'list', 'there is nothing to explain of what belongs to nobody');
  assert.is(pressed('Enter').cursor?.at, 0, 'first it marks one');
  assert.is(pressed('Enter Enter').explained?.name, 'vm-0');
  assert.is(press(opened, key('Ctrl-C'), shown), 'quit');
});

test('any key leads back from the help, arrows scroll it', () => {
  assert.is(pressed('h x').mode, 'list');
  assert.is(pressed('? Down').mode, 'help');
  const scrolled = (names: string) => pressed(`h ${names}`).scroll;
  assert.equal([scrolled('Down'), scrolled('j'), scrolled('Down j')], [1, 1, 2]);
  assert.equal([scrolled('Down Down Up'), scrolled('j j k'), scrolled('Up'), scrolled('k')], [1, 1, 0, 0]);
  assert.equal(
    [scrolled('PgDn'), scrolled('PgDn PgDn PgUp'), scrolled('End'), scrolled('End Home')],
    [20, 20, 280, 0],
  );
  const scene = someScene();
  const { shown: seen } = renderFrame(
    { scene, view: pressed('h'), unicode: true },
    { columns: 40, rows: 15 },
  );
  assert.is(seen.rows, helpLines(40).length);
});

test.run();
