// The usage in the ledger's files, by day and by month.

import { type Day, type Month, monthOf } from '../units/days.ts';
import { type Both, both } from '../units/units.ts';
import { keepDay } from './count.ts';
import {
  addBytes,
  type Ledger,
  type MonthAccount,
  type MonthRecord,
  monthAccountOf,
  noBytes,
} from './ledger.ts';
import { readMoved } from './moved.ts';
import { joinPeaks } from './peaks.ts';
import { listMonths, readMonth, readRunningMonth, type Trouble } from './read.ts';
import type { LedgerSubject } from './subject.ts';

export interface Used {
  /** The oldest first, the running month included. */
  months: MonthRecord[];
  /** Absent where nothing was counted yet. */
  running?: Ledger;
  /** Warnings: what could not be read. */
  troubles: string[];
}

/**
 * @param folder the ledger's
 * @param from the first day; absent for all
 * @param known the running ledger, where the caller has read it and counted on
 * @throws Failure where it may not be read
 */
export function readUsed(folder: string, from?: Day, known?: Ledger): Used {
  const { months, running, troubles } = readRecords(folder, from, known);
  const { moved, troubles: lost } = readMoved(folder);
  for (const [subject, { parts }] of moved) {
    for (const [month, account] of [...parts.values()].flatMap((part) => [...part.months])) {
      if (from === undefined || month >= monthOf(from)) addAccount(recordOf(months, month), subject, account);
    }
  }
  const list = [...months.values()].sort((a, b) => (a.month < b.month ? -1 : 1));
  return {
    months: list,
    ...(running ? { running } : {}),
    troubles: [...troubles.map(({ text }) => text), ...lost],
  };
}

/** This host's usage alone, as it is exported for another host. */
export function ownPart(folder: string, subject: LedgerSubject): Map<Month, MonthAccount> {
  const { months } = readRecords(folder);
  const own = [...months.values()].flatMap(({ month, accounts }) => {
    const account = accounts.get(subject);
    return account ? [[month, account] as const] : [];
  });
  return new Map(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Without imported parts. */
function readRecords(folder: string, from?: Day, known?: Ledger) {
  const { value: running, trouble } = known ? { value: known } : readRunningMonth(folder);
  const troubles: Trouble[] = trouble ? [trouble] : [];
  const months = new Map<Month, MonthRecord>();
  for (const month of listMonths(folder)) {
    if (from !== undefined && month < monthOf(from)) continue;
    const read = readMonth(folder, month);
    if (read.trouble) troubles.push(read.trouble);
    if (read.value) months.set(month, read.value);
  }
  if (running) overlay(months, running);
  return { months, running, troubles };
}

function recordOf(months: Map<Month, MonthRecord>, month: Month): MonthRecord {
  const record = months.get(month) ?? { month, accounts: new Map() };
  months.set(month, record);
  return record;
}

function addAccount(to: MonthRecord, subject: LedgerSubject, { group, days, peaks }: MonthAccount): void {
  const account = monthAccountOf(to, subject);
  if (group !== undefined) account.group ??= group;
  for (const [date, bytes] of days) {
    const sum = account.days.get(date) ?? noBytes();
    addBytes(sum, bytes);
    account.days.set(date, sum);
  }
  account.peaks = both((direction) => joinPeaks(account.peaks[direction], peaks[direction]));
}

/** The running file has the latest figures of the running day. */
function overlay(months: Map<Month, MonthRecord>, running: Ledger): void {
  for (const record of running.ended) months.set(record.month, record);
  if (running.day === '') return;
  keepDay(running, recordOf(months, monthOf(running.day)));
}

/**
 * The bytes delivered in a period of whole days; each byte belongs to one day, so periods that do not overlap share none.
 * @param from the first day
 * @param until the last day; absent for no end
 */
export function usedBetween({ months }: Used, subject: LedgerSubject, from: Day, until?: Day): Both<number> {
  const sum = noBytes();
  for (const { month, accounts } of months) {
    if (month < monthOf(from) || (until !== undefined && month > monthOf(until))) continue;
    for (const [date, bytes] of accounts.get(subject)?.days ?? []) {
      const day = `${month}-${date}`;
      if (day >= from && (until === undefined || day <= until)) addBytes(sum, bytes);
    }
  }
  return sum;
}
