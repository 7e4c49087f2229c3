// Usage as text, CSV and data: of which time it is, whose, and what is not there.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MonthAccount, MonthRecord } from '../../../src/ledger/ledger.ts';
import { noPeaks } from '../../../src/ledger/peaks.ts';
import type { LedgerSubject } from '../../../src/ledger/subject.ts';
import { slotsOf, type UsageQuery, type UsageRow, usageRows } from '../../../src/report/usage/rows.ts';
import { type UsageReport, usageAsData, usageCsv, usageText } from '../../../src/report/usage/usage.ts';

const plain = { colours: false };
const row = (name: string, more: Partial<UsageRow> = {}): UsageRow => {
  return { kind: 'guest', name, used: { out: 1000, in: 2000 }, ...more };
};
const report = (more: Partial<UsageReport> = {}): UsageReport => {
  return { from: '2026-10-01', until: '2026-10-31', p95: false, rows: [row('web')], ...more };
};
const lines = (more: Partial<UsageReport>) => usageText(report(more), plain).split('\n');

test('of which time: a month, a day, or days', () => {
  const first = (from: string, until: string) => lines({ from, until })[0];
  assert.is(first('2026-10-01', '2026-10-31'), '2026-10');
  assert.is(first('2026-02-01', '2026-02-28'), '2026-02');
  assert.is(first('2026-10-01', '2026-10-30'), '2026-10-01 to 2026-10-30');
  assert.is(first('2026-10-02', '2026-10-31'), '2026-10-02 to 2026-10-31');
  assert.is(first('2026-10-01', '2026-11-30'), '2026-10-01 to 2026-11-30');
  assert.is(first('2026-10-05', '2026-10-05'), '2026-10-05');
});

test('until when it is counted, by the clock of the host', () => {
  const counted = new Date(2026, 9, 5, 7, 8, 59).getTime();
  assert.is(lines({ counted })[0], '2026-10, counted until 2026-10-05 07:08');
  assert.is(
    usageText(report({ counted, rows: [] }), plain),
    '2026-10, counted until 2026-10-05 07:08: nothing was used\n',
  );
});

test('the columns are those that somebody has something in', () => {
  const table = (...rows: UsageRow[]) =>
    lines({ rows })
      .slice(2, -1)
      .map((line) => line.replace(/ {2,}/g, ' | '));
  assert.equal(table(row('web')), ['GUEST | OUT | IN | BOTH', 'web | 1.00kB | 2.00kB | 3.00kB']);
  assert.equal(table(row('web'), row('db', { group: 'a b' })), [
    'GUEST | GROUP | OUT | IN | BOTH',
    'web | - | 1.00kB | 2.00kB | 3.00kB',
    'db | "a b" | 1.00kB | 2.00kB | 3.00kB',
  ]);
  assert.equal(table(row('web', { time: '2026-10' }), row('db')), [
    'TIME | GUEST | OUT | IN | BOTH',
    '2026-10 | web | 1.00kB | 2.00kB | 3.00kB',
    '- | db | 1.00kB | 2.00kB | 3.00kB',
  ]);
  const kinds = ['guest', 'group', 'uplink', 'unmarked', 'flooded'] as const;
  assert.equal(
    table(...kinds.map((kind) => row('a b', { kind }))).map((line) => line.split(' | ')[0]),
    ['WHAT', 'guest "a b"', 'group "a b"', 'uplink "a b"', 'nobody\'s on "a b"', 'flooded on "a b"'],
  );
  for (const kind of kinds) assert.is(table(row('x', { kind }))[0]?.split(' | ')[0], kind.toUpperCase());
});

test('percentiles, where they were asked for and are known', () => {
  const rows = [row('web', { p95: { out: 1e6, in: 2e6 } }), row('db')];
  const shown = lines({ rows, p95: true })
    .slice(2, -1)
    .map((line) => line.trim().split(/ {2,}/).slice(-2));
  assert.equal(shown, [
    ['OUT 95 %', 'IN 95 %'],
    ['1.00mbit', '2.00mbit'],
    ['-', '-'],
  ]);
  assert.not.match(lines({ rows }).join('\n'), '95 %');
});

test('CSV: a line for each, with its own days where it is of a day or a month', () => {
  const csv = (more: Partial<UsageReport>) => usageCsv(report(more)).split('\n');
  const rows = [
    row('a', { time: '2026-10' }),
    row('b', { time: '2026-10-05', group: 'g' }),
    row('c'),
    row('d', { time: '2026-09' }),
    row('e', { time: '2026-11' }),
  ];
  assert.equal(csv({ from: '2026-09-20', until: '2026-11-10', rows }), [
    'kind,name,group,from,until,out_bytes,in_bytes',
    'guest,a,,2026-10-01,2026-10-31,1000,2000',
    'guest,b,g,2026-10-05,2026-10-05,1000,2000',
    'guest,c,,2026-09-20,2026-11-10,1000,2000',
    'guest,d,,2026-09-20,2026-09-30,1000,2000',
    'guest,e,,2026-11-01,2026-11-10,1000,2000',
    '',
  ]);
  const peaks = [row('a', { p95: { out: 5, in: 6 } }), row('b')];
  assert.equal(csv({ p95: true, rows: peaks }), [
    'kind,name,group,from,until,out_bytes,in_bytes,out_p95_bits_per_second,in_p95_bits_per_second',
    'guest,a,,2026-10-01,2026-10-31,1000,2000,5,6',
    'guest,b,,2026-10-01,2026-10-31,1000,2000,,',
    '',
  ]);
  assert.is(csv({ rows: peaks })[1], 'guest,a,,2026-10-01,2026-10-31,1000,2000');
});

test('as data: what is not known is not there', () => {
  const data = (more: Partial<UsageReport>) => JSON.parse(JSON.stringify(usageAsData(report(more))));
  const whole = row('web', { group: 'g', time: '2026-10', p95: { out: 5, in: 6 } });
  assert.equal(data({ counted: 1000, p95: true, rows: [whole, row('db')] }), {
    version: 1,
    from: '2026-10-01',
    until: '2026-10-31',
    counted: '1970-01-01T00:00:01.000Z',
    usage: [
      {
        kind: 'guest',
        name: 'web',
        group: 'g',
        time: '2026-10',
        out: 1000,
        in: 2000,
        p95: { out: 5, in: 6 },
      },
      { kind: 'guest', name: 'db', out: 1000, in: 2000 },
    ],
  });
  const unasked = data({ rows: [whole] });
  assert.equal(['counted' in unasked, 'p95' in unasked.usage[0]], [false, false]);
});

const account = (days: Record<string, number>, group?: string): MonthAccount => ({
  ...(group === undefined ? {} : { group }),
  days: new Map(Object.entries(days).map(([date, out]) => [date, { out, in: 1 }])),
  peaks: { out: noPeaks, in: noPeaks },
});
const month = (name: string, accounts: [LedgerSubject, MonthAccount][]): MonthRecord => {
  return { month: name, accounts: new Map(accounts) };
};

test('rows: only the days that were asked for, the first and the last included, in order of time, kind and name', () => {
  const used = {
    troubles: [],
    months: [
      month('2026-11', [
        ['guest web-10', account({ '01': 1, '02': 2, '30': 4 })],
        ['guest web-2', account({ '30': 8 }, 'friends')],
        ['group friends', account({ '01': 16 })],
      ]),
      month('2026-10', [['guest web-10', account({ '31': 32 })]]),
      month('2026-12', [['guest web-10', account({ '01': 64 })]]),
    ],
  };
  const rows = (more: Partial<UsageQuery>) =>
    usageRows(used, {
      kinds: ['guest', 'group'],
      isMeant: () => true,
      from: '2026-11-01',
      until: '2026-11-30',
      ...more,
    }).map(({ kind, name, time = '', group = '', used: { out, in: into }, p95 }) =>
      [time, kind, name, group, out, into, p95 ? 'p95' : ''].join(' ').replace(/ +/g, ' ').trim(),
    );
  assert.equal(rows({}), ['guest web-2 friends 8 1 p95', 'guest web-10 7 3 p95', 'group friends 16 1 p95']);
  assert.equal(
    rows({ kinds: ['group', 'guest'] })[0],
    'group friends 16 1 p95',
    'kinds as they were asked for',
  );
  assert.equal(rows({ from: '2026-11-02', until: '2026-11-30' }), [
    'guest web-2 friends 8 1 p95',
    'guest web-10 6 2 p95',
  ]);
  assert.equal(rows({ until: '2026-11-02', kinds: ['guest'] }), ['guest web-10 3 2 p95']);
  assert.equal(rows({ from: '2026-10-31', until: '2026-12-01', kinds: ['guest'] }), [
    'guest web-2 friends 8 1',
    'guest web-10 103 5',
  ]);
  assert.equal(rows({ from: '2026-10-31', each: 'month', kinds: ['guest'] }), [
    '2026-10 guest web-10 32 1 p95',
    '2026-11 guest web-2 friends 8 1 p95',
    '2026-11 guest web-10 7 3 p95',
  ]);
  assert.equal(rows({ each: 'day' }), [
    '2026-11-01 guest web-10 1 1',
    '2026-11-01 group friends 16 1',
    '2026-11-02 guest web-10 2 1',
    '2026-11-30 guest web-2 friends 8 1',
    '2026-11-30 guest web-10 4 1',
  ]);
  assert.equal(
    rows({ isMeant: (name, group) => name === 'web-10' || group === 'friends', kinds: ['guest'] }).length,
    2,
  );
});

test('how many five minutes a month has so far', () => {
  const at = (...time: [number, number, number, number, number]) => new Date(...time).getTime();
  assert.is(slotsOf('2026-02', at(2026, 1, 1, 0, 5)), 1);
  assert.is(slotsOf('2026-02', at(2026, 1, 1, 0, 6)), 2);
  assert.is(slotsOf('2026-02', at(2026, 1, 1, 0, 0)), 1);
  assert.is(slotsOf('2026-02', at(2026, 0, 1, 0, 0)), 1);
  assert.is(slotsOf('2026-02', at(2026, 2, 1, 0, 0)), 28 * 288);
  assert.is(slotsOf('2026-02', at(2026, 5, 1, 0, 0)), 28 * 288);
});

test.run();
