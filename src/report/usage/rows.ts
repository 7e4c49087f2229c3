// Sums the ledger's days to rows: one for the whole period, or one for each day or month.

import { addBytes, type MonthAccount, noBytes } from '../../ledger/ledger.ts';
import { percentile95, slotLength } from '../../ledger/peaks.ts';
import { type LedgerSubject, type SubjectKind, splitSubject } from '../../ledger/subject.ts';
import type { Used } from '../../ledger/used.ts';
import { addMonths, beginOf, type Day, type Month, monthOf } from '../../units/days.ts';
import { naturally } from '../../units/naturally.ts';
import { type Both, both } from '../../units/units.ts';

export interface UsageQuery {
  kinds: readonly SubjectKind[];
  /** Whether a subject is selected. @param group the group of a guest */
  isMeant: (name: string, group: string | undefined) => boolean;
  /** The first day and the last. */
  from: Day;
  until: Day;
  /** Whether there is a row for each day or month; absent: one row for the whole period. */
  each?: 'day' | 'month';
}

export interface UsageRow {
  kind: SubjectKind;
  name: string;
  group?: string;
  /** The day or month, where there is a row for each. */
  time?: string;
  /** In bytes. */
  used: Both<number>;
  /** The 95th percentile in bits per second; for whole months only. */
  p95?: Both<number>;
}

export function usageRows({ months, running }: Used, wanted: UsageQuery): UsageRow[] {
  const { kinds, isMeant, from, until, each } = wanted;
  const rows = new Map<string, UsageRow>();
  for (const { month, accounts } of months) {
    if (month < monthOf(from) || month > monthOf(until)) continue;
    for (const [subject, account] of accounts) {
      const { kind, name } = splitSubject(subject);
      if (!kinds.includes(kind) || !isMeant(name, account.group)) continue;
      const rowOf = (time: string | undefined) => rowAt(rows, subject, account, time);
      for (const [date, bytes] of account.days) {
        const day = `${month}-${date}`;
        if (day < from || day > until) continue;
        addBytes(rowOf(each === 'day' ? day : each === 'month' ? month : undefined).used, bytes);
      }
      if (each === 'day') continue;
      const row = rows.get(keyOf(subject, each === 'month' ? month : undefined));
      const isWhole = each === 'month' || monthOf(from) === monthOf(until);
      const slots = slotsOf(month, running?.wall ?? 0);
      if (row && isWhole) row.p95 = both((direction) => percentile95(account.peaks[direction], slots));
    }
  }
  const order = (row: UsageRow) => kinds.indexOf(row.kind);
  return [...rows.values()].sort(
    (a, b) => (a.time ?? '').localeCompare(b.time ?? '') || order(a) - order(b) || naturally(a, b),
  );
}

function keyOf(subject: LedgerSubject, time: string | undefined): string {
  return `${time ?? ''} ${subject}`;
}

function rowAt(
  rows: Map<string, UsageRow>,
  subject: LedgerSubject,
  { group }: MonthAccount,
  time: string | undefined,
): UsageRow {
  const key = keyOf(subject, time);
  const row: UsageRow = rows.get(key) ?? { ...splitSubject(subject), used: noBytes() };
  if (time !== undefined) row.time = time;
  if (group !== undefined) row.group = group;
  rows.set(key, row);
  return row;
}

/**
 * The number of five-minute slots in a month, up to now in the running one: the percentile covers all of them, also those in which the
 * guest was off.
 */
export function slotsOf(month: Month, now: number): number {
  const [begin, end] = [month, addMonths(month, 1)].map((one) => beginOf(`${one}-01`)) as [number, number];
  return Math.max(1, Math.ceil((Math.min(Math.max(now, begin), end) - begin) / slotLength));
}
