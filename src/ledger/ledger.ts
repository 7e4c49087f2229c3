// The ledger: how many bytes were delivered to whom, by direction and day, and up to which figure of which class they are
// counted. Both are in one file that is written whole, so that whenever we are killed nothing is counted twice.

import type { Day, Month } from '../units/days.ts';
import type { Both } from '../units/units.ts';
import { noPeaks, type Peaks } from './peaks.ts';
import type { Subject } from './subject.ts';

/** One subject's sums in bytes: whole Ethernet frames, as HTB counts them and as ceil limits them. */
export interface Account {
  /** The group that a guest was in last. */
  group?: string;
  /** Since the subject is known: it never falls while that is. */
  total: Both<number>;
  /** Of the running day. */
  day: Both<number>;
  /** Of the running five minutes. */
  slot: Both<number>;
  /** Of the running month. */
  peaks: Both<Peaks>;
}

/** Up to where a class is counted. */
export interface Baseline {
  subject: Subject;
  bytes: number;
}

/** What runs: the days before are in files by month. */
export interface Ledger {
  /** Drawn when it begins, so that what is carried to another host is known again. */
  id: string;
  /** Nothing was counted before, so what classes have passed by now was passed before it. */
  fresh: boolean;
  /** The boot that `at` and the classes are of. */
  boot: string;
  /** Of what was counted last: microseconds of the kernel's clock, which nobody sets. */
  at: number;
  /** The same by the clock on the wall: milliseconds since 1970. */
  wall: number;
  /** The running one; empty before the first. */
  day: Day;
  /** The running five minutes: how many there were since 1970. */
  slot: number;
  accounts: Map<Subject, Account>;
  /** By `classKey`. */
  classes: Map<string, Baseline>;
  /** Months as a day that has ended leaves them, until they are in files of their own. */
  ended: MonthRecord[];
}

export interface MonthAccount {
  group?: string;
  /** By the day in the month, `07`; those without a byte are not there. */
  days: Map<string, Both<number>>;
  peaks: Both<Peaks>;
}

export interface MonthRecord {
  month: Month;
  accounts: Map<Subject, MonthAccount>;
}

export function classKey(device: string, id: string): string {
  return `${device} ${id}`;
}

/** No device's name has a blank. */
export function deviceOf(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

export function nothing(): Both<number> {
  return { out: 0, in: 0 };
}

export function isNothing({ out, in: receiving }: Both<number>): boolean {
  return out === 0 && receiving === 0;
}

export function add(to: Both<number>, more: Both<number>): void {
  to.out += more.out;
  to.in += more.in;
}

export function withoutPeaks(): Both<Peaks> {
  return { out: noPeaks, in: noPeaks };
}

export function hasPeaks({ peaks }: { peaks: Both<Peaks> }): boolean {
  return peaks.out !== noPeaks || peaks.in !== noPeaks;
}

export function monthAccountOf({ accounts }: MonthRecord, subject: Subject): MonthAccount {
  let account = accounts.get(subject);
  if (!account) {
    account = { days: new Map(), peaks: withoutPeaks() };
    accounts.set(subject, account);
  }
  return account;
}

export function newAccount(): Account {
  return { total: nothing(), day: nothing(), slot: nothing(), peaks: withoutPeaks() };
}

/** @param id drawn for it */
export function newLedger(id: string): Ledger {
  return {
    id,
    fresh: true,
    boot: '',
    at: 0,
    wall: 0,
    day: '',
    slot: 0,
    accounts: new Map(),
    classes: new Map(),
    ended: [],
  };
}
