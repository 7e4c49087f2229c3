// Adds readings of class counters to the ledger, in the order in which the kernel gave them. Pure, but for the ledger that is
// passed in and changed. How much is counted follows from the kernel's counters and its monotonic clock alone; the wall clock,
// which may be set to anything, only decides for which day and slot of five minutes.

import { dateOf, dayOf, monthOf } from '../units/days.ts';
import { type Both, directions } from '../units/units.ts';
import {
  type Account,
  addBytes,
  classKey,
  deviceOf,
  hasPeaks,
  isNothing,
  type Ledger,
  type MonthRecord,
  monthAccountOf,
  newAccount,
  noBytes,
  withoutPeaks,
} from './ledger.ts';
import { addPeak, slotLength } from './peaks.ts';
import { directionOf, type LedgerSubject, type Owner } from './subject.ts';

/** The counter of one class at one moment. */
export interface ClassReading {
  device: string;
  /** The class id: `1:10`. */
  id: string;
  bytes: number;
  /** Who owned it until now; absent where only the previous reading knows. */
  owner?: Owner | undefined;
  /** Whether it stays, is deleted, or belongs to another owner from here on. */
  fate: 'stays' | 'goes' | Owner;
  /** Whether its bytes so far were counted in another tree's class. */
  elsewhere?: boolean;
}

export interface LedgerReading {
  boot: string;
  /** The kernel's monotonic clock, in microseconds. */
  at: number;
  /** The wall clock, in milliseconds since 1970. */
  wall: number;
  classes: ClassReading[];
  /** Devices with all their classes listed: a class of theirs that is not listed is gone. */
  whole: string[];
}

/** The record of a month, to be changed. */
export type Months = (month: string) => MonthRecord;

/** @returns whether the reading was new: an old one, or one that is counted already, changes nothing */
export function countReading(ledger: Ledger, reading: LedgerReading, months: Months): boolean {
  if (reading.boot !== ledger.boot) {
    Object.assign(ledger, { boot: reading.boot, at: 0 });
    ledger.classes.clear();
  }
  if (reading.at <= ledger.at) return false;
  turnTo(ledger, dayOf(reading.wall), months);
  const sums = new Map<LedgerSubject, Both<number>>();
  const open = (subject: LedgerSubject) => openAccount(ledger, subject, months);
  for (const one of reading.classes) {
    countClass(ledger, one, sums);
    if (one.owner && one.fate === 'stays') noteGroup(open(one.owner.subject), one.owner);
  }
  forget(ledger, reading);
  const begin = reading.wall - (reading.at - ledger.at) / 1000;
  for (const [subject, sum] of sums) {
    const account = open(subject);
    addBytes(account.total, sum);
    addBytes(account.day, sum);
  }
  fillSlots(ledger, sums, begin, reading.wall);
  Object.assign(ledger, { at: reading.at, wall: reading.wall, fresh: false });
  return true;
}

function countClass(ledger: Ledger, one: ClassReading, sums: Map<LedgerSubject, Both<number>>): void {
  const { device, id, bytes, owner, fate, elsewhere } = one;
  const key = classKey(device, id);
  const before = ledger.classes.get(key);
  const isSame = before !== undefined && bytes >= before.bytes;
  // Where the owner changed between two readings, the bytes between them are still the former owner's.
  const subject = isSame ? before.subject : (owner?.subject ?? before?.subject);
  const passed = isSame ? bytes - before.bytes : ledger.fresh ? 0 : bytes;
  if (subject !== undefined && !elsewhere && passed > 0) {
    const sum = sums.get(subject) ?? noBytes();
    sum[directionOf(id)] += passed;
    sums.set(subject, sum);
  }
  const next =
    fate === 'stays' ? (owner?.subject ?? before?.subject) : fate === 'goes' ? undefined : fate.subject;
  if (next === undefined) ledger.classes.delete(key);
  else ledger.classes.set(key, { subject: next, bytes });
}

function noteGroup(account: Account, { group }: Owner): void {
  if (group !== undefined) account.group = group;
  else delete account.group;
}

/** Drops the classes that are gone. */
function forget({ classes }: Ledger, reading: LedgerReading): void {
  const listed = new Set(reading.classes.map(({ device, id }) => classKey(device, id)));
  const whole = new Set(reading.whole);
  for (const key of classes.keys()) {
    const isListed = !whole.has(deviceOf(key)) || listed.has(key);
    if (!isListed) classes.delete(key);
  }
}

/** The subject's account; one that was away continues with what its month's file has of the running day. */
function openAccount(ledger: Ledger, subject: LedgerSubject, months: Months): Account {
  const known = ledger.accounts.get(subject);
  if (known) return known;
  const account = newAccount();
  const kept = months(monthOf(ledger.day)).accounts.get(subject);
  account.day = { ...(kept?.days.get(dateOf(ledger.day)) ?? noBytes()) };
  if (kept) account.peaks = { ...kept.peaks };
  ledger.accounts.set(subject, account);
  return account;
}

/** Turns to another day. After a clock was set back that day may have a record, which is continued. */
function turnTo(ledger: Ledger, today: string, months: Months): void {
  if (today === ledger.day) return;
  const isOther = monthOf(today) !== monthOf(ledger.day);
  if (ledger.day !== '') keepDay(ledger, months(monthOf(ledger.day)));
  ledger.day = today;
  const present = new Set([...ledger.classes.values()].map(({ subject }) => subject));
  const record = months(monthOf(today));
  for (const [subject, account] of ledger.accounts) {
    // A subject without classes is dropped from memory: openAccount continues it from the files.
    if (!present.has(subject) && isNothing(account.slot)) {
      ledger.accounts.delete(subject);
      continue;
    }
    const kept = record.accounts.get(subject);
    account.day = { ...(kept?.days.get(dateOf(today)) ?? noBytes()) };
    if (isOther) account.peaks = kept ? { ...kept.peaks } : withoutPeaks();
  }
}

/** Writes the running day into its month's record. Idempotent. */
export function keepDay({ day, accounts }: Ledger, record: MonthRecord): void {
  for (const [subject, account] of accounts) {
    const isIdle = isNothing(account.day) && !hasPeaks(account);
    if (isIdle && !record.accounts.has(subject)) continue;
    const kept = monthAccountOf(record, subject);
    if (account.group !== undefined) kept.group = account.group;
    else delete kept.group;
    if (!isNothing(account.day)) kept.days.set(dateOf(day), { ...account.day });
    kept.peaks = { ...account.peaks };
  }
}

/** Spreads the bytes evenly over the slots since the last reading, a minute ago where the timer runs. */
function fillSlots(ledger: Ledger, sums: Map<LedgerSubject, Both<number>>, begin: number, end: number): void {
  const [first, last] = [Math.floor(begin / slotLength), Math.floor(end / slotLength)];
  const length = Math.max(end - begin, 1);
  const fill = (slot: number) => {
    const from = Math.max(begin, slot * slotLength);
    const until = Math.min(end, (slot + 1) * slotLength);
    const share = first === last ? 1 : Math.max(0, until - from) / length;
    for (const [subject, sum] of sums) {
      const slot = ledger.accounts.get(subject)?.slot ?? noBytes();
      for (const direction of directions) slot[direction] += sum[direction] * share;
    }
  };
  // After a clock step the open slot is not among these: it is closed as it is.
  if (ledger.slot < first || ledger.slot > last) close(ledger);
  for (let slot = Math.max(first, last - longest); slot <= last; slot += 1) {
    fill(slot);
    if (slot < last) close(ledger);
  }
  ledger.slot = last;
}

/** The slots of a month; a longer absence is counted as one of this length. */
const longest = 8928;

function close({ accounts }: Ledger): void {
  for (const { slot, peaks } of accounts.values()) {
    for (const direction of directions) {
      if (slot[direction] >= 1) peaks[direction] = addPeak(peaks[direction], slot[direction]);
      slot[direction] = 0;
    }
  }
}
