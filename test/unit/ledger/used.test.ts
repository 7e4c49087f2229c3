// What was used, from the files of months, the running ledger and what was imported: by day, the oldest first.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeLedger, encodeMonth } from '../../../src/ledger/decode.ts';
import { type MonthAccount, type MonthRecord, newAccount, newLedger } from '../../../src/ledger/ledger.ts';
import { keepMoved } from '../../../src/ledger/moved.ts';
import type { LedgerSubject } from '../../../src/ledger/subject.ts';
import { ownPart, readUsed, usedBetween } from '../../../src/ledger/used.ts';

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-used-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

const account = (days: Record<string, number>, more: Partial<MonthAccount> = {}): MonthAccount => ({
  days: new Map(Object.entries(days).map(([day, out]) => [day, { out, in: out * 10 }])),
  peaks: { out: '', in: '' },
  ...more,
});
const month = (name: string, accounts: Record<string, MonthAccount>): MonthRecord => {
  return { month: name, accounts: new Map(Object.entries(accounts)) as Map<LedgerSubject, MonthAccount> };
};
const put = (record: MonthRecord) => writeFileSync(join(folder, `${record.month}.json`), encodeMonth(record));
const running = (day: string, out: number, ended: MonthRecord[] = []) => {
  const own = { ...newAccount(), day: { out, in: 0 } };
  const ledger = { ...newLedger('id'), day, ended, accounts: new Map([['guest a' as const, own]]) };
  writeFileSync(join(folder, 'now.json'), encodeLedger(ledger));
};
const elsewhere = (...months: [string, MonthAccount][]) =>
  keepMoved(
    folder,
    { guest: 'a', parts: new Map([['x', { host: 'h', until: 1, months: new Map(months) }]]) },
    'own',
  );
const names = (from?: string) => readUsed(folder, from).months.map((one) => one.month);

test('months are the oldest first, wherever they come from, and from the one that is asked for', () => {
  assert.equal(names(), []);
  put(month('2026-09', { 'guest a': account({ '01': 1 }) }));
  put(month('2026-07', { 'guest a': account({ '01': 1 }) }));
  running('2026-10-05', 4, [month('2026-08', { 'guest a': account({ '31': 8 }) })]);
  elsewhere(
    ['2026-12', account({ '01': 2 })],
    ['2026-06', account({ '01': 2 })],
    ['2026-07', account({ '01': 2 })],
  );
  const all = ['2026-06', '2026-07', '2026-08', '2026-09', '2026-10', '2026-12'];
  assert.equal(names(), all);
  assert.equal(names('2026-07-31'), all.slice(1));
  assert.equal(names('2026-09-01'), all.slice(2), 'what has no file of its own yet is always there');
  assert.equal(names('2026-12-31'), ['2026-08', '2026-10', '2026-12']);
  assert.equal([...ownPart(folder, 'guest a').keys()], ['2026-07', '2026-08', '2026-09', '2026-10']);
  assert.equal([...ownPart(folder, 'guest b').keys()], []);
});

test('a period has its first and its last day, and none beside', () => {
  put(month('2026-09', { 'guest a': account({ '29': 1, '30': 2 }) }));
  put(
    month('2026-10', {
      'guest a': account({ '01': 4, '15': 8, '31': 16 }),
      'guest b': account({ '01': 99 }),
    }),
  );
  put(month('2026-11', { 'guest a': account({ '01': 32 }) }));
  const used = (from: string, until?: string) => usedBetween(readUsed(folder), 'guest a', from, until);
  assert.equal(used('2026-09-01'), { out: 63, in: 630 });
  assert.is(used('2026-09-30').out, 62);
  assert.is(used('2026-09-30', '2026-10-01').out, 6);
  assert.is(used('2026-10-01', '2026-10-31').out, 28);
  assert.is(used('2026-10-02', '2026-10-30').out, 8);
  assert.is(used('2026-10-15', '2026-10-15').out, 8);
  assert.is(used('2026-11-01', '2026-11-01').out, 32);
  assert.is(used('2026-11-02').out, 0);
  assert.is(usedBetween(readUsed(folder), 'guest c', '2026-01-01').out, 0);
});

test('what was used elsewhere is added day by day; the group is that of this host, where it knows one', () => {
  put(
    month('2026-10', {
      'guest a': account({ '01': 1, '02': 2 }, { group: 'here', peaks: { out: '5:1', in: '' } }),
    }),
  );
  elsewhere(
    ['2026-10', account({ '02': 10, '03': 20 }, { group: 'there', peaks: { out: '5:2', in: '7:1' } })],
    ['2026-11', account({ '01': 5 }, { group: 'there' })],
  );
  const told = () =>
    readUsed(folder).months.map(({ month, accounts }) => {
      const found = accounts.get('guest a');
      const days = [...(found?.days ?? [])].map(([day, { out }]) => `${day}:${out}`);
      return [month, found?.group, ...days, found?.peaks.out, found?.peaks.in].join(' ');
    });
  assert.equal(told(), ['2026-10 here 01:1 02:12 03:20 5:3 7:1', '2026-11 there 01:5  ']);
  assert.is(ownPart(folder, 'guest a').get('2026-10')?.days.get('02')?.out, 2, 'of this host alone');
});

test('the running day is in what was used, and what has ended in place of the file of its month', () => {
  put(month('2026-10', { 'guest a': account({ '01': 1 }) }));
  running('2026-11-02', 4, [month('2026-10', { 'guest a': account({ '01': 1, '02': 7 }) })]);
  const { months, running: ledger } = readUsed(folder);
  assert.is(ledger?.day, '2026-11-02');
  assert.equal(
    months.map(({ month, accounts }) => [month, [...(accounts.get('guest a')?.days.keys() ?? [])].join()]),
    [
      ['2026-10', '01,02'],
      ['2026-11', '02'],
    ],
  );
  running('', 0);
  assert.equal(names(), ['2026-10']);
});

test('each file that cannot be read is said, and the others count', () => {
  put(month('2026-10', { 'guest a': account({ '01': 1 }) }));
  writeFileSync(join(folder, '2026-11.json'), '{');
  writeFileSync(join(folder, 'now.json'), '{"version":9}');
  const { troubles, months } = readUsed(folder);
  assert.equal(
    troubles.map((text) => text.replace(`${folder}/`, '')),
    [
      'now.json is of a newer virt-shaper: nothing is counted in it',
      '2026-11.json is damaged: what was counted in it is lost',
    ],
  );
  assert.equal(
    months.map((one) => one.month),
    ['2026-10'],
  );
  assert.equal(readUsed(folder, '2026-12-01').troubles.length, 1, 'of months that are asked for');
  const known = { ...newLedger('id'), day: '2026-12-01' };
  assert.equal(readUsed(folder, '2026-12-01', known).running, known);
});

test.run();
