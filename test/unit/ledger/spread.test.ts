// What passed between two readings that are more than a slot of five minutes apart is spread over the slots evenly: a sync
// that came late makes no peak.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countReading, type LedgerReading } from '../../../src/ledger/count.ts';
import { type MonthRecord, newLedger } from '../../../src/ledger/ledger.ts';
import { addPeak, type Peaks, slotLength } from '../../../src/ledger/peaks.ts';
import { ledgerSubject } from '../../../src/ledger/subject.ts';

const subject = ledgerSubject('guest', 'cliff');
/** The beginning of a slot. */
const begin = Math.ceil(new Date(2026, 4, 6, 12).getTime() / slotLength) * slotLength;

/** @param readings slots after the beginning, and the counter then */
function peaksAfter(...readings: [slots: number, bytes: number][]) {
  const ledger = newLedger('id');
  const months = new Map<string, MonthRecord>();
  const record = (month: string) => {
    const known = months.get(month) ?? { month, accounts: new Map() };
    months.set(month, known);
    return known;
  };
  for (const [index, [slots, bytes]] of readings.entries()) {
    const wall = begin + slots * slotLength;
    // Where the clock is set back, the kernel's goes on.
    const before = Math.max(...readings.slice(0, index + 1).map(([at]) => at));
    const reading: LedgerReading = {
      boot: 'x',
      at: 1e6 + before * slotLength * 1000 + (before > slots ? index : 0),
      wall,
      classes: [{ device: 'eth0', id: '1:10', bytes, owner: { subject }, fate: 'stays' }],
      whole: ['eth0'],
    };
    assert.ok(countReading(ledger, reading, record));
  }
  const account = ledger.accounts.get(subject);
  const kept = Array.from(months, ([month, { accounts }]) => [month, accounts.get(subject)?.peaks.out]);
  return { peaks: account?.peaks.out, slot: account?.slot.out, total: account?.total.out, kept };
}

/** A histogram of these averages. */
const averages = (...bytes: number[]) => bytes.reduce<Peaks>((peaks, one) => addPeak(peaks, one), '');

test('three slots later each has a third, and the one that begins has nothing yet', () => {
  const { peaks, slot, total } = peaksAfter([0, 0], [3, 3e6]);
  assert.equal([peaks, slot, total], [averages(1e6, 1e6, 1e6), 0, 3e6]);
});

test('the first and the last have what falls into them', () => {
  const { peaks, slot, total } = peaksAfter([0.5, 0], [2.25, 7e6]);
  assert.is(peaks, averages(2e6, 4e6));
  assert.ok(Math.abs((slot ?? 0) - 1e6) < 1, String(slot));
  assert.is(total, 7e6);
});

test('a byte is one, and an idle slot is none', () => {
  assert.is(peaksAfter([0, 0], [1, 1]).peaks, averages(1));
  assert.is(peaksAfter([0, 5], [2, 5]).peaks, '');
});

test('within one slot all of it is in that slot, and closed with what came before', () => {
  const early = peaksAfter([0, 0], [0.2, 1e6], [0.6, 2e6]);
  assert.equal([early.peaks, early.slot, early.total], ['', 2e6, 2e6]);
  const { peaks, slot } = peaksAfter([0, 0], [0.5, 1e6], [1.5, 3e6]);
  assert.is(peaks, averages(2e6));
  assert.ok(Math.abs((slot ?? 0) - 1e6) < 1);
});

/** In slots: the 6th of May plus so many is another day of May, and one of June. */
const [nextDay, june] = [288, 31 * 288];

test('the peaks of a month go on the next day and end with it: a new month begins with none', () => {
  const may = averages(1e6);
  const day = peaksAfter([0, 0], [1, 1e6], [nextDay, 1e6]);
  assert.equal([day.peaks, day.kept], [may, [['2026-05', may]]]);
  const month = peaksAfter([0, 0], [1, 1e6], [june, 1e6], [june + 1, 3e6]);
  assert.is(month.peaks, averages(2e6), 'what is billed for June is of June');
  assert.equal(month.kept, [
    ['2026-05', may],
    ['2026-06', undefined],
  ]);
});

test('a clock that is set back to last month goes on with the peaks of that', () => {
  const month = peaksAfter([0, 0], [1, 1e6], [june, 1e6], [june + 1, 3e6], [nextDay, 3e6]);
  assert.is(month.peaks, averages(1e6));
  assert.equal(month.kept, [
    ['2026-05', averages(1e6)],
    ['2026-06', averages(2e6)],
  ]);
});

test('what a slot has when the clock is set elsewhere stays its own: another one begins there', () => {
  const back = peaksAfter([12, 0], [12.4, 1e6], [0.2, 3e6]);
  assert.is(back.peaks, averages(1e6), 'set back');
  assert.ok(Math.abs((back.slot ?? 0) - 2e6) < 1, String(back.slot));
  const again = peaksAfter([12, 0], [12.4, 1e6], [0.2, 3e6], [0.6, 4e6]);
  assert.is(again.peaks, averages(1e6));
  assert.is(again.total, 4e6);
});

test.run();
