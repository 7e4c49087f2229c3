// What a day's end does to the accounts: who is idle goes on, who is gone goes, and no five minutes are lost.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countReading } from '../../../src/ledger/count.ts';
import { type Ledger, type MonthRecord, newLedger } from '../../../src/ledger/ledger.ts';
import { percentile95 } from '../../../src/ledger/peaks.ts';

/** A ledger that counts the only class of cliff, by the clock of November 2026. */
function begin() {
  const ledger: Ledger = newLedger('i');
  const record: MonthRecord = { month: '2026-11', accounts: new Map() };
  const owner = { subject: 'guest cliff' } as const;
  /** @param bytes what its class has counted by now; absent where it has none */
  const count = (day: number, hour: number, minute: number, bytes?: number) => {
    const wall = new Date(2026, 10, day, hour, minute).getTime();
    const classes =
      bytes === undefined ? [] : [{ device: 'eth0', id: '1:10', bytes, owner, fate: 'stays' as const }];
    countReading(ledger, { boot: 'b', at: wall * 1000, wall, classes, whole: ['eth0'] }, () => record);
  };
  return {
    count,
    account: () => ledger.accounts.get(owner.subject),
    kept: () => record.accounts.get(owner.subject),
  };
}

test('who sends nothing around midnight keeps the sum that he has had since he was first seen', () => {
  const { count, account } = begin();
  count(7, 12, 0, 0);
  count(7, 12, 2, 500);
  count(7, 20, 0, 500);
  count(8, 0, 1, 500);
  count(8, 9, 0, 507);
  assert.equal([account()?.total.out, account()?.day.out], [507, 7]);
});

test('the last five minutes of a guest that stops before midnight count in its percentile', () => {
  const { count, account, kept } = begin();
  const bytes = 37_500_000; // In five minutes: a megabit per second.
  count(7, 23, 54, 0);
  count(7, 23, 56, 0);
  count(7, 23, 58, bytes);
  count(7, 23, 59);
  count(8, 0, 1);
  count(9, 0, 1);
  const speed = percentile95(kept()?.peaks.out ?? '', 1);
  assert.ok(Math.abs(speed - 1e6) < 0.0111e6, `${speed}`);
  assert.equal([...(kept()?.days ?? [])], [['07', { out: bytes, in: 0 }]]);
  assert.is(account(), undefined, 'after that it is in the files only');
});

test.run();
