// Which rows top shows, in which order, and which of them is the same one in the next reading.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isSameRow, placeRows } from '../../../src/top/rows.ts';
import type { Row } from '../../../src/top/scene.ts';
import { initialView, type View } from '../../../src/top/view.ts';
import { flow, guest } from './scene.ts';

const start = initialView(1);
const names = (rows: Row[], view: Partial<View> = {}) =>
  placeRows(rows, { ...start, ...view }).map(({ row: { name, uplink, note } }) =>
    [name, uplink, note].filter((one) => one !== undefined).join(' '),
  );
const idle = (name: string, more: Partial<Row> = {}) => guest(name, flow(0, 1, 2), flow(0, 1, 2), more);
const other = (kind: 'unmarked' | 'flooded', uplink: string): Row => {
  return { kind, name: kind, uplink, flow: { out: flow(0, 1, 2), in: flow(0, 1, 2) } };
};

test('rows that are equal otherwise: guests, then what belongs to nobody, then who is left out, each by name', () => {
  const rows: Row[] = [
    { kind: 'guest', name: 'a', state: 'left out', note: 'second' },
    other('unmarked', 'eth1'),
    idle('z'),
    other('flooded', 'eth0'),
    { kind: 'guest', name: 'a', state: 'left out', note: 'first' },
    other('unmarked', 'eth0'),
    idle('b', { uplink: 'eth1' }),
    idle('b'),
  ];
  const wanted = [
    'b eth0',
    'b eth1',
    'z eth0',
    'flooded eth0',
    'unmarked eth0',
    'unmarked eth1',
    'a first',
    'a second',
  ];
  assert.equal(names(rows), wanted);
  assert.equal(names([...rows].reverse()), wanted, 'in whatever order they were read');
  const fixed = [idle('x', { note: 'b' }), idle('x', { note: 'a' })];
  assert.equal(names(fixed), ['x eth0 a', 'x eth0 b']);
  const homeless: Row[] = [idle('x', { uplink: 'eth0' }), { ...idle('x'), uplink: undefined }];
  assert.equal(names(homeless), ['x', 'x eth0']);
});

test('figures are sorted from the largest, names from A, and those without a value come last both times', () => {
  const rows: Row[] = [
    guest('two', flow(2, 1, 100), flow(0, 1, 100), { group: 'b' }),
    { kind: 'guest', name: 'none', state: 'unshaped', note: 'why' },
    guest('three', flow(3, 1, 100), flow(0, 1, 100), { group: 'a' }),
    guest('one', flow(1, 1, 100), flow(0, 1, 100)),
  ];
  const order = (view: Partial<View>) => names(rows, view).map((name) => name.split(' ')[0]);
  assert.equal(order({ sort: 'out' }), ['three', 'two', 'one', 'none']);
  assert.equal(order({ sort: 'out', reversed: true }), ['one', 'two', 'three', 'none']);
  assert.equal(order({ sort: 'group' }), ['three', 'two', 'none', 'one']);
  assert.equal(order({ sort: 'group', reversed: true }), ['two', 'three', 'none', 'one']);
  assert.equal(order({ sort: 'guest' }), ['none', 'one', 'three', 'two']);
  assert.equal(order({ sort: 'guest', reversed: true }), ['two', 'three', 'one', 'none']);
  const stale: Row = { ...guest('gone', flow(9, 1, 100), flow(0, 1, 100)), state: 'gone' };
  assert.equal(
    names([stale, ...rows], { sort: 'out' }).slice(-2),
    ['gone eth0', 'none why'],
    'it has no class',
  );
});

test('only what the view asks for: names, an uplink, who is busy', () => {
  const rows: Row[] = [
    guest('web-1', flow(1, 1, 2), flow(0, 1, 2)),
    idle('Web-2', { group: 'Friends' }),
    idle('db', { uplink: 'eth1' }),
    { kind: 'guest', name: 'lost', state: 'unshaped', note: 'why' },
    other('flooded', 'eth0'),
    { kind: 'group', name: 'Friends', uplink: 'eth0', flow: { out: {}, in: {} } },
  ];
  const first = (view: Partial<View>) => names(rows, view).map((name) => name.split(' ')[0]);
  assert.equal(first({ filter: 'web' }), ['web-1', 'Web-2']);
  assert.equal(first({ filter: 'friend' }), ['Web-2'], 'the group counts too');
  assert.equal(first({ filter: 'flood' }), ['flooded']);
  assert.equal(first({ filter: 'zzz' }), []);
  assert.equal(first({ uplink: 'eth1' }), ['db', 'lost'], 'who has none belongs to each');
  assert.equal(first({ busyOnly: true }), ['web-1']);
  assert.equal(first({ tree: true, filter: 'friend' }), ['Friends', 'Web-2']);
  assert.equal(first({ tree: true, busyOnly: true }), ['web-1']);
});

test('the tree: members below their group on their uplink, the last one told from the others', () => {
  const group = (uplink: string): Row => {
    return { kind: 'group', name: 'friends', uplink, flow: { out: flow(5, 1, 10), in: flow(0, 1, 10) } };
  };
  const member = (name: string, uplink: string | undefined) => ({
    ...idle(name, { group: 'friends' }),
    uplink,
  });
  const rows = [
    group('eth0'),
    group('eth1'),
    member('c', 'eth0'),
    member('a', 'eth0'),
    member('b', 'eth0'),
    member('d', 'eth1'),
    member('nowhere', undefined),
    idle('alone'),
  ];
  const placed = placeRows(rows, { ...start, tree: true });
  assert.equal(
    placed.map(({ row, below }) => [row.name, row.uplink, below]),
    [
      ['friends', 'eth0', undefined],
      ['a', 'eth0', 'more'],
      ['b', 'eth0', 'more'],
      ['c', 'eth0', 'last'],
      ['friends', 'eth1', undefined],
      ['d', 'eth1', 'last'],
      ['alone', 'eth0', undefined],
      ['nowhere', undefined, undefined],
    ],
  );
  assert.equal(
    placeRows([group('eth0')], { ...start, tree: true }).length,
    1,
    'a group of which nobody runs is there',
  );
  assert.equal(placeRows([group('eth0')], { ...start, tree: true, filter: 'x' }).length, 0);
  assert.equal(placeRows([group('eth0')], start).length, 0, 'only the tree has groups');
});

test('a row is the same one by kind, name and uplink; of a NIC without one, by why it has none', () => {
  const row: Row = { kind: 'guest', name: 'web', uplink: 'eth0', note: 'a' };
  assert.ok(isSameRow(row, { ...row, note: 'b' }));
  assert.not.ok(isSameRow(row, { ...row, kind: 'group' }));
  assert.not.ok(isSameRow(row, { ...row, name: 'db' }));
  assert.not.ok(isSameRow(row, { ...row, uplink: 'eth1' }));
  const lost: Row = { ...row, uplink: undefined };
  assert.ok(isSameRow(lost, { ...lost }));
  assert.not.ok(isSameRow(lost, { ...lost, note: 'b' }));
  assert.not.ok(isSameRow(row, lost));
});

test.run();
