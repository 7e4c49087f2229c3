// What was used, of the files of the ledger: by day and by month.
import type { Both } from '../units/units.ts';
import { keepDay } from './count.ts';
import { type Day, dayOf, type Month, monthOf } from './days.ts';
import { add, type Ledger, type MonthRecord, nothing } from './ledger.ts';
import { listMonths, readMonth, readRunning, type Trouble } from './read.ts';
import type { Subject } from './subject.ts';

export interface Used {
  /** The oldest first, the running one among them. */
  months: MonthRecord[];
  /** Absent where nothing was ever counted. */
  running?: Ledger;
  /** What could not be read. */
  troubles: Trouble[];
}

/**
 * @param folder of the ledger
 * @param from the first day that is asked for; absent: all there is
 * @param known the running file, where it has been read and counted on already
 * @throws Failure where it may not be read
 */
export function readUsed(folder: string, from?: Day, known?: Ledger): Used {
  const { value: running, trouble } = known ? { value: known } : readRunning(folder);
  const troubles = trouble ? [trouble] : [];
  const months = new Map<Month, MonthRecord>();
  for (const month of listMonths(folder)) {
    if (from !== undefined && month < monthOf(from)) continue;
    const read = readMonth(folder, month);
    if (read.trouble) troubles.push(read.trouble);
    if (read.value) months.set(month, read.value);
  }
  if (running) overlay(months, running);
  const list = [...months.values()].sort((a, b) => (a.month < b.month ? -1 : 1));
  return { months: list, ...(running ? { running } : {}), troubles };
}

/** The running file says the latest. */
function overlay(months: Map<Month, MonthRecord>, running: Ledger): void {
  for (const record of running.ended) months.set(record.month, record);
  if (running.day === '') return;
  const month = monthOf(running.day);
  const record = months.get(month) ?? { month, accounts: new Map() };
  keepDay(running, record);
  months.set(month, record);
}

/**
 * Bytes that were delivered, by whole days: a byte is of one day, so that what is of one period is of no other.
 * @param from the first day
 * @param until the last; absent: every later one too
 */
export function usedBetween({ months }: Used, subject: Subject, from: Day, until?: Day): Both<number> {
  const sum = nothing();
  for (const { month, accounts } of months) {
    if (month < monthOf(from) || (until !== undefined && month > monthOf(until))) continue;
    for (const [date, bytes] of accounts.get(subject)?.days ?? []) {
      const day = `${month}-${date}`;
      if (day >= from && (until === undefined || day <= until)) add(sum, bytes);
    }
  }
  return sum;
}

/** The same since a moment, in milliseconds since 1970: from the beginning of its day on, by the clock of this host. */
export function usedSince(used: Used, subject: Subject, from: number): Both<number> {
  return usedBetween(used, subject, dayOf(from));
}
