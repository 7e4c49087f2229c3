import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MonthAccount, MonthRecord } from '../../../src/ledger/ledger.ts';
import { addPeak, noPeaks, slotLength } from '../../../src/ledger/peaks.ts';
import type { LedgerSubject } from '../../../src/ledger/subject.ts';
import { asHtml, usagePage } from '../../../src/report/usage/page.ts';
import { slotsOf, type UsageQuery, usageRows } from '../../../src/report/usage/rows.ts';
import { csvCell, usageAsData, usageCsv, usageText } from '../../../src/report/usage/usage.ts';

const account = (days: Record<string, [number, number]>, group?: string): MonthAccount => {
  const peaks = { out: addPeak(noPeaks, (80e6 * slotLength) / 8000, 500), in: noPeaks };
  return {
    ...(group === undefined ? {} : { group }),
    days: new Map(Object.entries(days).map(([date, [out, received]]) => [date, { out, in: received }])),
    peaks,
  };
};
const month = (name: string, accounts: [LedgerSubject, MonthAccount][]): MonthRecord => ({
  month: name,
  accounts: new Map(accounts),
});
const used = {
  months: [
    month('2026-10', [
      ['guest cliff', account({ '31': [10, 1] }, 'friends')],
      ['guest =1+1', account({ '01': [1, 1] })],
      ['group friends', account({ '31': [10, 1] })],
    ]),
    month('2026-11', [['guest cliff', account({ '01': [20, 2], '02': [40, 4] }, 'friends')]]),
  ],
  troubles: [],
};
const all: UsageQuery = { kinds: ['guest'], isMeant: () => true, from: '2026-10-01', until: '2026-11-30' };
const short = (wanted: Partial<UsageQuery>) =>
  usageRows(used, { ...all, ...wanted }).map(({ name, time, used: { out } }) =>
    [time ?? '', name, out].join(' ').trim(),
  );

test('one row for all of the time, for each month, for each day', () => {
  assert.equal(short({}), ['=1+1 1', 'cliff 70']);
  assert.equal(short({ each: 'month' }), ['2026-10 =1+1 1', '2026-10 cliff 10', '2026-11 cliff 60']);
  assert.equal(short({ each: 'day', from: '2026-10-31', until: '2026-11-01' }), [
    '2026-10-31 cliff 10',
    '2026-11-01 cliff 20',
  ]);
  assert.equal(short({ kinds: ['group'] }), ['friends 10']);
  assert.equal(short({ isMeant: (_name, group) => group === 'friends', from: '2026-11-02' }), ['cliff 40']);
});

test('a percentile is of a whole month only', () => {
  const [row] = usageRows(used, { ...all, from: '2026-11-01' });
  assert.ok(Math.abs((row?.p95?.out ?? 0) / 80e6 - 1) < 0.0111);
  assert.is(usageRows(used, all)[1]?.p95, undefined);
});

test('a month that goes on has the five minutes until now', () => {
  assert.is(slotsOf('2026-02', new Date(2026, 1, 1, 1).getTime()), 12);
  assert.is(slotsOf('2026-02', new Date(2027, 1, 1).getTime()), 28 * 288);
  assert.is(slotsOf('2026-02', 0), 1);
});

test('CSV: quotes where they must be, and no formula', () => {
  const report = {
    from: '2026-10-01',
    until: '2026-10-31',
    p95: false,
    rows: usageRows(used, { ...all, until: '2026-10-31' }),
  };
  assert.is(
    usageCsv(report),
    "kind,name,group,from,until,out_bytes,in_bytes\nguest,'=1+1,,2026-10-01,2026-10-31,1,1\nguest,cliff,friends,2026-10-01,2026-10-31,10,1\n",
  );
  assert.equal(['+x', '-x', '@x', '\tx', 'a,b', 'a"b', 'a\nb', 'a=b', -1].map(csvCell), [
    "'+x",
    "'-x",
    "'@x",
    "'\tx",
    '"a,b"',
    '"a""b"',
    '"a\nb"',
    'a=b',
    '-1',
  ]);
});

test('text says of which time it is, and where nothing is, that', () => {
  const plain = { colours: false };
  const report = {
    from: '2026-10-01',
    until: '2026-10-31',
    p95: true,
    rows: usageRows(used, { ...all, until: '2026-10-31' }),
  };
  assert.match(
    usageText(report, plain),
    /^2026-10\n\nGUEST +GROUP +OUT +IN +BOTH +OUT 95 % +IN 95 %\n"=1\+1" /,
  );
  assert.is(usageText({ ...report, rows: [] }, plain), '2026-10: nothing was used\n');
  assert.equal(Object.keys((usageAsData(report) as { usage: object[] }).usage[1] ?? {}), [
    'kind',
    'name',
    'group',
    'out',
    'in',
    'p95',
  ]);
});

test('the page is one file, and a name in it is text', () => {
  const name = '<img src=x onerror=alert(1)>"\'&\u202e';
  const guest = {
    kind: 'guest' as const,
    name,
    days: new Map([['07', { out: 5e9, in: 1 }]]),
    used: { out: 5e9, in: 1 },
    p95: { out: 1e7, in: 0 },
  };
  const page = usagePage({
    month: '2026-02',
    until: '2026-02-08 10:00',
    guests: [guest, { ...guest, name: 'b', days: new Map() }],
  });
  assert.not.match(page, '<img');
  assert.not.match(page, '\u202e');
  assert.not.match(page, /<script|<link|https?:|url\(|@import/);
  assert.is(page.match(/<rect /g)?.length, 1);
  assert.match(page, 'prefers-color-scheme: dark');
  assert.match(page, '10.0\u202fMbit/s');
  assert.match(page, 'Usage in February 2026');
  const heads = [...page.matchAll(/<th scope="col">(.*?)<\/th>/g)].map(([, head]) => head);
  const columns = ['Name', 'Sent', 'Received', 'Both', '95&#8239;% sent', '95&#8239;% received'];
  assert.equal(heads.slice(0, columns.length), columns);
  assert.is(asHtml('a\u0000b'), 'a\ufffdb');
});

test.run();
