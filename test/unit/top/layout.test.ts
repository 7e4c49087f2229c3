// Which columns a screen of a given width has, and how wide each is: what matters most comes first and gives way last.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ColumnId, columnIds } from '../../../src/top/columns.ts';
import { type Longest, layout, longest } from '../../../src/top/layout.ts';
import type { Row } from '../../../src/top/scene.ts';
import { flow, guest } from './scene.ts';

const long: Longest = { guest: 30, group: 12, uplink: 9, note: 20, left: 5 };
const short: Longest = { guest: 4, group: 0, uplink: 3, note: 0, left: 0 };
const widths = Array.from({ length: 300 }, (_none, at) => at + 1);

/** The narrowest screen on which a column is at least so wide; absent: on none. */
function from(id: ColumnId, own: number, most: Longest, uplinks: number): number | undefined {
  return widths.find((width) =>
    layout(width, 'use', most, uplinks).some((one) => one.id === id && one.width >= own),
  );
}

test('from which width on a screen has each column: long names on two uplinks, on one, short names', () => {
  const firsts = columnIds.map((id) => [
    id,
    from(id, 1, long, 2),
    from(id, 1, long, 1),
    from(id, 1, short, 1),
  ]);
  assert.equal(firsts, [
    ['guest', 1, 1, 1],
    ['group', 72, 72, undefined],
    ['uplink', 82, 145, 96],
    ['use', 13, 13, 10],
    ['both', 94, 84, 16],
    ['out', 25, 25, 22],
    ['outBar', 23, 23, 20],
    ['outRate', 126, 116, 83],
    ['outCeil', 54, 54, 51],
    ['outPackets', 157, 147, 101],
    ['in', 25, 25, 22],
    ['inBar', 23, 23, 20],
    ['inRate', 126, 116, 83],
    ['inCeil', 54, 54, 51],
    ['inPackets', 157, 147, 101],
    ['drops', 20, 20, 17],
    ['backlog', 96, 86, 63],
    ['left', 70, 70, undefined],
    ['note', 127, 117, undefined],
  ]);
});

test('from which width on a column is wider: names before bars, notes last', () => {
  const steps = (id: ColumnId, ...owns: number[]) => owns.map((own) => from(id, own, long, 2));
  assert.equal(steps('guest', 8, 12, 14, 24, 30), [8, 12, 19, 114, 151]);
  assert.equal(steps('outBar', 4, 6, 10), [23, 52, 104]);
  assert.equal(steps('inBar', 4, 6, 10), [23, 52, 104]);
  assert.equal(steps('group', 7, 12, 13), [72, 156, undefined], 'no wider than the longest');
  assert.equal(steps('note', 12, 20, 21), [127, 176, undefined]);
  assert.equal(steps('uplink', 9, 10), [82, undefined]);
});

test('all of the width is used, and no more', () => {
  for (const width of widths) {
    for (const most of [long, short]) {
      const columns = layout(width, 'use', most, 2);
      const taken = columns.reduce((sum, one) => sum + one.width + 1, -1);
      assert.is(taken, width, `${width} columns`);
    }
  }
  const shown = (width: number) => layout(width, 'use', long, 2).map((one) => `${one.id} ${one.width}`);
  assert.equal(shown(201).slice(0, 7), [
    'guest 31',
    'group 12',
    'uplink 9',
    'use 4',
    'both 5',
    'out 5',
    'outBar 22',
  ]);
});

test('a column is there however short what stands in it is', () => {
  const ids = layout(300, 'use', { ...short, group: 1, note: 1, left: 1 }, 1).map(({ id }) => id);
  assert.equal([ids.includes('group'), ids.includes('note'), ids.includes('left')], [true, true, true]);
});

test('the column that is sorted by comes right after the name', () => {
  for (const id of columnIds.filter((one) => one !== 'guest' && !one.endsWith('Bar'))) {
    assert.ok(
      layout(22, id, long, 1).some((one) => one.id === id),
      id,
    );
  }
});

test('what the widths of names and notes are taken from', () => {
  const rows: Row[] = [
    guest('web', flow(0, 1, 2), flow(0, 1, 2), { group: 'friends', left: 1, note: 'odd', state: 'partly' }),
    { kind: 'guest', name: 'a name', state: 'unshaped', note: 'much longer than any other' },
    { kind: 'unmarked', name: 'x', uplink: 'bond0.120', flow: { out: {}, in: {} } },
  ];
  assert.equal(longest(rows, false), { guest: 8, group: 7, uplink: 9, left: 5, note: 11 });
  assert.equal(longest(rows, true), { guest: 8, group: 0, uplink: 9, left: 5, note: 11 });
  const member = [guest('member', flow(0, 1, 2), flow(0, 1, 2), { group: 'a b', uplink: undefined })];
  assert.equal(
    longest(member, true),
    { guest: 9, group: 0, uplink: 0, left: 0, note: 0 },
    'its branch counts',
  );
  assert.equal(longest(member, false), { guest: 6, group: 5, uplink: 0, left: 0, note: 0 }, 'as it is shown');
  assert.equal(longest([], false), { guest: 0, group: 0, uplink: 0, left: 0, note: 0 });
  const nothingLeft = [guest('web', flow(0, 1, 2), flow(0, 1, 2), { left: 0 })];
  assert.is(longest(nothingLeft, false).left, 5, 'also where nothing is left');
});

test.run();
