// Encodes and decodes the ledger's files: JSON with one subject a line, so that people can read and compare them. Decoding is
// strict: a file that deviates from what is written here is damaged, and nothing of it is used.

import { isDay, isMonth } from '../units/days.ts';
import type { Both } from '../units/units.ts';
import {
  type Account,
  isNothing,
  type Ledger,
  type MonthAccount,
  type MonthRecord,
  noBytes,
} from './ledger.ts';
import { arePeaks, noPeaks, type Peaks } from './peaks.ts';
import { type LedgerSubject, splitSubject, subjectKinds } from './subject.ts';

const version = 1;

/** The file is of a newer version, and must not be overwritten. */
export class Newer extends Error {}

type Pair = [out: number, receiving: number];

export function encodeLedger(ledger: Ledger): string {
  const { id, boot, at, wall, day, slot } = ledger;
  const head = { version, id, ...(ledger.fresh ? { fresh: true } : {}), boot, at, wall, day, slot };
  return lines(head, {
    accounts: [...ledger.accounts].map(([subject, account]) => [subject, encodeAccount(account)]),
    classes: [...ledger.classes].map(([key, { subject, bytes }]) => [key, [subject, bytes]]),
    ...(ledger.ended.length > 0
      ? {
          ended: ledger.ended.map(({ month, accounts }) => [
            month,
            Object.fromEntries(encodeAccounts(accounts)),
          ]),
        }
      : {}),
  });
}

export function encodeMonth({ month, accounts }: MonthRecord): string {
  return lines({ version, month }, { accounts: encodeAccounts(accounts) });
}

export function encodeAccounts(accounts: Map<LedgerSubject, MonthAccount>): [string, unknown][] {
  return [...accounts].map(([subject, { group, days, peaks }]) => {
    const dates = [...days].sort(([a], [b]) => (a < b ? -1 : 1));
    const written = {
      ...(group === undefined ? {} : { group }),
      days: Object.fromEntries(dates.map(([date, sum]) => [`d${date}`, pair(sum)])),
      ...encodePeaks(peaks),
    };
    return [subject, written];
  });
}

/** @throws Newer, or any other error for what is damaged */
export function decodeLedger(text: string): Ledger {
  const value = decodeHead(text);
  const { id, boot, at, wall, day, slot, accounts, classes, ended = {} } = value;
  const isHead =
    isText(id) && isText(boot) && isCount(at) && isCount(slot) && isText(day) && (day === '' || isDay(day));
  if (!isHead || typeof wall !== 'number') throw new Error('damaged');
  return {
    id,
    fresh: value.fresh === true,
    boot,
    at,
    wall,
    day,
    slot,
    accounts: new Map(entries(accounts).map(([subject, one]) => [subjectFrom(subject), decodeAccount(one)])),
    classes: new Map(
      entries(classes).map(([key, one]) => {
        if (!Array.isArray(one) || !isCount(one[1])) throw new Error('damaged');
        return [key, { subject: subjectFrom(one[0]), bytes: one[1] }];
      }),
    ),
    ended: entries(ended).map(([month, one]) => ({ month, accounts: decodeAccounts(one) })),
  };
}

/** @throws Newer, or any other error for what is damaged */
export function decodeMonth(text: string): MonthRecord {
  const { month, accounts } = decodeHead(text);
  if (!isText(month) || !isMonth(month)) throw new Error('damaged');
  return { month, accounts: decodeAccounts(accounts) };
}

export function decodeAccounts(value: unknown): Map<LedgerSubject, MonthAccount> {
  return new Map(
    entries(value).map(([subject, one]) => {
      const { group, days, out, in: receiving } = object(one);
      const dates = entries(days).map(([date, sum]): [string, Both<number>] => {
        if (!/^d(?:0[1-9]|[12]\d|3[01])$/.test(date)) throw new Error('damaged');
        return [date.slice(1), bothFrom(sum)];
      });
      const account: MonthAccount = { days: new Map(dates), peaks: peaksFrom(out, receiving) };
      if (isText(group)) account.group = group;
      return [subjectFrom(subject), account];
    }),
  );
}

function encodeAccount({ group, total, day, slot, peaks }: Account): unknown {
  return {
    ...(group === undefined ? {} : { group }),
    total: pair(total),
    ...(isNothing(day) ? {} : { day: pair(day) }),
    ...(isNothing(slot) ? {} : { slot: pair(slot) }),
    ...encodePeaks(peaks),
  };
}

function decodeAccount(value: unknown): Account {
  const { group, total, day, slot, out, in: receiving } = object(value);
  const sum = (one: unknown) => (one === undefined ? noBytes() : bothFrom(one));
  return {
    ...(isText(group) ? { group } : {}),
    total: sum(total),
    day: sum(day),
    slot: sum(slot),
    peaks: peaksFrom(out, receiving),
  };
}

function encodePeaks({ out, in: receiving }: Both<Peaks>): { out?: Peaks; in?: Peaks } {
  return { ...(out === noPeaks ? {} : { out }), ...(receiving === noPeaks ? {} : { in: receiving }) };
}

function peaksFrom(out: unknown = noPeaks, receiving: unknown = noPeaks): Both<Peaks> {
  if (!arePeaks(out) || !arePeaks(receiving)) throw new Error('damaged');
  return { out, in: receiving };
}

function pair({ out, in: receiving }: Both<number>): Pair {
  return [Math.round(out), Math.round(receiving)];
}

function bothFrom(value: unknown): Both<number> {
  const [out, receiving] = Array.isArray(value) ? value : [];
  if (!isCount(out) || !isCount(receiving)) throw new Error('damaged');
  return { out, in: receiving };
}

function subjectFrom(text: unknown): LedgerSubject {
  const { kind, name } = splitSubject(String(text) as LedgerSubject);
  if (!subjectKinds.includes(kind) || name === '') throw new Error('damaged');
  return text as LedgerSubject;
}

function decodeHead(text: string): Record<string, unknown> {
  const value = object(JSON.parse(text));
  if (Number(value.version) > version) throw new Newer();
  if (value.version !== version) throw new Error('damaged');
  return value;
}

function object(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('damaged');
  return value as Record<string, unknown>;
}

function entries(value: unknown): [string, unknown][] {
  return Object.entries(object(value));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** JSON of an object; maps in it get one entry a line. */
function lines(head: object, maps: Record<string, [string, unknown][]>): string {
  const parts = Object.entries(maps).map(([name, list]) => {
    const inner = list.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    return `${JSON.stringify(name)}:{${inner.length > 0 ? `\n${inner.join(',\n')}\n` : ''}}`;
  });
  return `${JSON.stringify(head).slice(0, -1)},\n${parts.join(',\n')}}\n`;
}
