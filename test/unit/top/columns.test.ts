// Each column of top by itself: its title, its words in the list to sort by, how wide it is at least, and how it shows a row.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ascii } from '../../../src/top/bar.ts';
import { type ColumnId, columnIds, columns, nameOf, noteOf, sortable } from '../../../src/top/columns.ts';
import { isBare, isIdle, type Row, share, sum } from '../../../src/top/scene.ts';
import { flow, guest } from './scene.ts';

test('each column has its title, its words in the list to sort by, its least width and its side', () => {
  const known = columnIds.map((id) => {
    const { title, about, width, align, order } = columns[id];
    return [id, title, about, width, align, order !== undefined];
  });
  assert.equal(known, [
    ['guest', 'GUEST', 'guest, by name', 8, 'left', true],
    ['group', 'GROUP', 'group', 6, 'left', true],
    ['uplink', 'UPLINK', 'uplink', 6, 'left', true],
    ['use', 'USE', 'share of its ceil in the fuller direction', 4, 'right', true],
    ['both', 'BOTH', 'bit/s out and in together', 5, 'right', true],
    ['out', 'OUT', 'bit/s out: what it sends', 5, 'right', true],
    ['outBar', '', '', 4, 'left', false],
    ['outRate', 'RATE', 'bit/s out that are guaranteed', 5, 'right', true],
    ['outCeil', 'CEIL', 'bit/s out at most', 5, 'right', true],
    ['outPackets', 'PKT/S', 'packets per second out', 5, 'right', true],
    ['in', 'IN', 'bit/s in: what it receives', 5, 'right', true],
    ['inBar', '', '', 4, 'left', false],
    ['inRate', 'RATE', 'bit/s in that are guaranteed', 5, 'right', true],
    ['inCeil', 'CEIL', 'bit/s in at most', 5, 'right', true],
    ['inPackets', 'PKT/S', 'packets per second in', 5, 'right', true],
    ['drops', 'DROP/S', 'packets dropped per second', 6, 'right', true],
    ['backlog', 'BACKLOG', 'bytes that wait in its queues', 7, 'right', true],
    ['left', 'LEFT', 'bytes left of its volume, or its credit', 5, 'right', true],
    ['note', 'NOTE', 'what is not as it should be, or for now only', 12, 'left', true],
  ]);
  assert.equal(
    sortable,
    columnIds.filter((id) => !id.endsWith('Bar')),
  );
});

const busy = guest(
  'web',
  flow(20, 10, 40, { packets: 1500, drops: 3, backlog: 2000 }),
  flow(7, 11, 100, { packets: 900, drops: 4, backlog: 500 }),
  { group: 'friends', left: 812e9, note: 'a tap is gone', state: 'partly' },
);

/** The cell's text and style; of several spans each. */
function cell(id: ColumnId, row: Row, width = 8): [string, string | undefined][] {
  return columns[id].cell(row, width, ascii).map(({ text, style }) => [text, style]);
}

test('a busy guest, column by column', () => {
  const shown: Partial<Record<ColumnId, [string, string | undefined][]>> = {
    guest: [['web     ', 'warning']],
    group: [['friends ', undefined]],
    uplink: [['eth0    ', undefined]],
    use: [['     50%', 'above']],
    both: [['   27.0M', 'plain']],
    out: [['   20.0M', 'plain']],
    outRate: [['     10M', 'dim']],
    outCeil: [['     40M', 'dim']],
    outPackets: [['   1.50k', 'plain']],
    in: [['   7.00M', 'plain']],
    inRate: [['     11M', 'dim']],
    inCeil: [['    100M', 'dim']],
    inPackets: [['     900', 'plain']],
    drops: [['       7', 'plain']],
    backlog: [['   2.50k', 'plain']],
    left: [['    812G', 'plain']],
    note: [['partly:…', 'warning']],
  };
  for (const [id, spans] of Object.entries(shown)) assert.equal(cell(id as ColumnId, busy), spans, id);
});

test('what a column sorts by is what it shows', () => {
  const values = sortable.map((id) => [id, columns[id].order?.(busy)]);
  assert.equal(Object.fromEntries(values), {
    guest: 'web',
    group: 'friends',
    uplink: 'eth0',
    use: 0.5,
    both: 27e6,
    out: 20e6,
    outRate: 10e6,
    outCeil: 40e6,
    outPackets: 1500,
    in: 7e6,
    inRate: 11e6,
    inCeil: 100e6,
    inPackets: 900,
    drops: 7,
    backlog: 2500,
    left: 812e9,
    note: 'partly: a tap is gone',
  });
  assert.is(columns.group.order?.({ kind: 'group', name: 'friends' }), 'friends', 'a group is its own');
  assert.is(columns.note.order?.(guest('web', flow(1, 1, 1), flow(1, 1, 1))), undefined);
  assert.is(columns.use.order?.(guest('web', flow(1, 1, 3), flow(0, 1, 3))), 0.33, 'whole percent');
  assert.is(columns.use.order?.({ kind: 'guest', name: 'web' }), undefined);
});

test('zero, what is not known, and values that are changed for now', () => {
  const idle = guest('web', flow(0, 1, 2), flow(0, 1, 2), { left: 0 });
  assert.equal(cell('out', idle, 5), [['    0', 'dim']]);
  assert.equal(cell('drops', idle, 6), [['     0', 'dim']]);
  assert.equal(cell('left', idle, 5), [['    0', 'warning']], 'a volume that is used up is seen');
  const bare: Row = { kind: 'guest', name: 'web' };
  assert.equal(cell('out', bare, 5), [['    -', 'dim']]);
  assert.equal(cell('use', bare, 4), [['   -', 'plain']]);
  assert.equal(cell('left', bare, 5), [['     ', 'plain']]);
  assert.equal(cell('group', bare, 6), [['      ', undefined]]);
  assert.equal(cell('uplink', bare, 6), [['      ', undefined]]);
  assert.equal(cell('note', bare, 4), [['    ', 'warning']]);
  assert.equal(cell('outBar', bare), []);
  const forNow = (keys: object) => ({ forNow: keys }) as object;
  const changed: [ColumnId, Row][] = [
    ['outRate', guest('web', flow(0, 1, 2, forNow({ rate: {} })), flow(0, 1, 2))],
    ['outCeil', guest('web', flow(0, 1, 2, forNow({ ceil: {} })), flow(0, 1, 2))],
    ['inRate', guest('web', flow(0, 1, 2), flow(0, 1, 2, forNow({ rate: {} })))],
    ['inCeil', guest('web', flow(0, 1, 2), flow(0, 1, 2, forNow({ ceil: {} })))],
  ];
  for (const [id, row] of changed) {
    for (const other of ['outRate', 'outCeil', 'inRate', 'inCeil'] as const) {
      assert.is(
        cell(other, row)[0]?.[1],
        other === id ? 'warning' : 'dim',
        `${other} where ${id} is changed`,
      );
    }
  }
});

test('a bar is of its own direction', () => {
  assert.equal(cell('outBar', busy), [
    ['##', 'below'],
    ['##', 'above'],
    ['----', 'dim'],
  ]);
  assert.equal(cell('inBar', busy), [
    ['+', 'below'],
    ['-------', 'dim'],
  ]);
});

test('the share is coloured as the fuller bar: at the ceil, beyond the guarantee, or within it', () => {
  const style = (out: Row, into = out) =>
    cell('use', { ...out, flow: { out: out.flow?.out ?? {}, in: into.flow?.in ?? {} } })[0]?.[1];
  const of = (now: number, rate: number, ceil = 100) =>
    guest('web', flow(now, rate, ceil), flow(now, rate, ceil));
  assert.is(style(of(97, 10)), 'full');
  assert.is(style(of(96, 10)), 'above');
  assert.is(style(of(10, 10)), 'plain', 'all of the guarantee is no more than it');
  assert.is(style(of(11, 10)), 'above');
  assert.is(style(of(11, 10), of(0, 10)), 'above', 'only out');
  assert.is(style(of(0, 10), of(11, 10)), 'above', 'only in');
  assert.is(style({ kind: 'guest', name: 'web', flow: { out: { now: 1 }, in: {} } }), 'above');
  assert.is(style({ kind: 'guest', name: 'web', flow: { out: {}, in: {} } }), 'plain');
});

test('the name has the colour of what it is and of how it does', () => {
  const style = (row: Partial<Row>) => cell('guest', { kind: 'guest', name: 'web', ...row })[0]?.[1];
  assert.is(style({}), 'plain');
  assert.is(style({ state: 'shaped' }), 'plain');
  assert.is(style({ state: 'left out' }), 'dim');
  for (const state of ['partly', 'unshaped', 'gone'] as const) assert.is(style({ state }), 'warning', state);
  assert.is(style({ kind: 'group' }), 'strong');
  assert.is(style({ kind: 'unmarked' }), 'dim');
  assert.is(style({ kind: 'flooded' }), 'dim');
});

test('what is no guest and no group has its kind as its name, others as all reports show it', () => {
  assert.is(nameOf({ kind: 'unmarked', name: 'x' }), 'unmarked');
  assert.is(nameOf({ kind: 'flooded', name: 'x' }), 'flooded');
  assert.is(nameOf({ kind: 'guest', name: 'a b' }), '"a b"');
  assert.is(nameOf({ kind: 'group', name: 'friends' }), 'friends');
  assert.equal(cell('group', { ...busy, group: 'a b' }, 6), [['"a b" ', undefined]]);
});

test('a note begins with the state, unless that is plain from the row', () => {
  const of = (state: Row['state'], note?: string) => noteOf({ kind: 'guest', name: 'web', state, note });
  assert.is(of('partly', 'why'), 'partly: why');
  assert.is(of('unshaped', 'why'), 'unshaped: why');
  assert.is(of('gone', 'why'), 'gone: why');
  assert.is(of('shaped', 'why'), 'why');
  assert.is(of('left out', 'why'), 'why');
  assert.is(of(undefined, 'why'), 'why');
  assert.is(of('partly'), '');
  assert.is(of('partly', ''), '');
});

test('both directions are added where one is known, and the fuller one is the share', () => {
  assert.is(sum(undefined, 'now'), undefined);
  assert.is(sum({ out: {}, in: {} }, 'now'), undefined);
  assert.is(sum({ out: { now: 3 }, in: {} }, 'now'), 3);
  assert.is(sum({ out: {}, in: { drops: 4 } }, 'drops'), 4);
  assert.is(sum({ out: { backlog: 3 }, in: { backlog: 4 } }, 'backlog'), 7);
  assert.is(share(undefined), undefined);
  assert.is(share({ out: { now: 1 }, in: { ceil: 2 } }), undefined);
  assert.is(share({ out: { now: 1, ceil: 0 }, in: {} }), undefined, 'no ceil');
  assert.is(share({ out: { now: 1, ceil: 4 }, in: { now: 1, ceil: 2 } }), 0.5);
  assert.is(share({ out: { now: 3, ceil: 4 }, in: { now: 1, ceil: 2 } }), 0.75);
});

test('who is bare, and who is idle', () => {
  const of = (state: Row['state'], has = true): Row => {
    return { kind: 'guest', name: 'web', state, ...(has ? { flow: { out: {}, in: {} } } : {}) };
  };
  assert.equal(
    (['shaped', 'partly', 'unshaped', 'gone', undefined] as const).map((state) => isBare(of(state))),
    [false, false, true, true, false],
  );
  assert.ok(isBare(of('shaped', false)));
  const doing = (keys: object) => isIdle(guest('web', flow(0, 1, 2, keys), flow(0, 1, 2)));
  assert.ok(doing({}));
  assert.not.ok(doing({ now: 1 }));
  assert.not.ok(doing({ drops: 1 }));
  assert.not.ok(doing({ backlog: 1 }));
  assert.ok(doing({ packets: 1 }), 'packets without a speed are none that count');
  assert.ok(isIdle(of('shaped', false)));
});

test.run();
