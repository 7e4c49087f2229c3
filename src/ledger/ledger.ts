// The ledger: the bytes delivered for each subject, by direction and day, and the counter of each class up to which they are
// counted. Both are in one file that is replaced atomically, so that after a kill nothing is counted twice.

import type { Day, Month } from '../units/days.ts';
import type { Both } from '../units/units.ts';
import { noPeaks, type Peaks } from './peaks.ts';
import type { LedgerSubject } from './subject.ts';

/** The sums of one subject, in bytes of whole Ethernet frames, as HTB counts and limits them. */
export interface Account {
  /** A guest's last group. */
  group?: string;
  /** Since the subject is known. Monotonic, as Prometheus wants counters. */
  total: Both<number>;
  /** The running day. */
  day: Both<number>;
  /** The running slot of five minutes. */
  slot: Both<number>;
  /** The running month. */
  peaks: Both<Peaks>;
}

/** The counter of a class up to which it is counted. */
export interface Baseline {
  subject: LedgerSubject;
  bytes: number;
}

/** The running file; past days are in one file a month. */
export interface Ledger {
  /** A random id, drawn when the ledger begins: a usage file carried to another host is recognised by it. */
  id: string;
  /** Whether nothing was counted yet: the bytes that classes have by now precede the ledger. */
  fresh: boolean;
  /** The boot id that `at` and `classes` belong to. */
  boot: string;
  /** The time of the last reading by the kernel's monotonic clock, in microseconds. */
  at: number;
  /** The same by the wall clock, in milliseconds since 1970. */
  wall: number;
  /** The running day; empty before the first. */
  day: Day;
  /** The running slot, as the number of slots since 1970. */
  slot: number;
  accounts: Map<LedgerSubject, Account>;
  /** Keyed by `classKey`. */
  classes: Map<string, Baseline>;
  /** Records of months with a day that has ended, until their own files have it. */
  ended: MonthRecord[];
}

export interface MonthAccount {
  group?: string;
  /** Keyed by the day of the month, `07`; days without a byte are left out. */
  days: Map<string, Both<number>>;
  peaks: Both<Peaks>;
}

export interface MonthRecord {
  month: Month;
  accounts: Map<LedgerSubject, MonthAccount>;
}

export function classKey(device: string, id: string): string {
  return `${device} ${id}`;
}

/** The device of a `classKey`: a device's name has no blank. */
export function deviceOf(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

export function noBytes(): Both<number> {
  return { out: 0, in: 0 };
}

export function isNothing({ out, in: receiving }: Both<number>): boolean {
  return out === 0 && receiving === 0;
}

export function addBytes(to: Both<number>, more: Both<number>): void {
  to.out += more.out;
  to.in += more.in;
}

export function withoutPeaks(): Both<Peaks> {
  return { out: noPeaks, in: noPeaks };
}

export function hasPeaks({ peaks }: { peaks: Both<Peaks> }): boolean {
  return peaks.out !== noPeaks || peaks.in !== noPeaks;
}

export function monthAccountOf({ accounts }: MonthRecord, subject: LedgerSubject): MonthAccount {
  let account = accounts.get(subject);
  if (!account) {
    account = { days: new Map(), peaks: withoutPeaks() };
    accounts.set(subject, account);
  }
  return account;
}

export function newAccount(): Account {
  return { total: noBytes(), day: noBytes(), slot: noBytes(), peaks: withoutPeaks() };
}

/** @param id a random one */
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
