// Puts readings into the ledger, and the ledger on the disk: the days before first, then the running file with what is
// counted in it by now, then what was spooled goes. Killed anywhere between, the next one does the same again to the same end.
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../system/digest.ts';
import { readIfThere, writeTogether } from '../system/files.ts';
import { count, type Reading } from './count.ts';
import { encodeLedger, encodeMonth } from './decode.ts';
import { type Ledger, newLedger } from './ledger.ts';
import { pruneMoved } from './moved.ts';
import { listMonths, monthFile, readMonth, readRunning, runningFile, type Trouble } from './read.ts';
import { dropSpooled, readSpooled } from './spool.ts';

/** Months that are kept, with the running one. */
export const monthsKept = 14;

/** What is to be counted, listed under the lock. */
export interface Uncounted {
  /** Names of the spool's files. */
  spooled: string[];
  /** Of the classes as they are. */
  reading?: Reading | undefined;
  /** It is written though there is nothing to count. */
  begin?: boolean;
}

export interface Counting {
  ledger: Ledger;
  /** What could not be read, each to be said. */
  troubles: Trouble[];
  /** Absent where nothing is to be written. */
  change?: Change;
}

interface Change {
  /** What the running file said before. */
  before: string | undefined;
  spooled: string[];
}

export interface UsagePlaces {
  usage: string;
  usageSpool: string;
}

/** The ledger with what is to be counted, and nothing written yet. @throws Failure where its files may not be read */
export function countAll(
  { usage, usageSpool }: UsagePlaces,
  { spooled, reading, begin = false }: Uncounted,
  { value, text, trouble } = readRunning(usage),
): Counting {
  const ledger = value ?? newLedger(drawId());
  const troubles = trouble ? [trouble] : [];
  if (trouble?.kind === 'newer') return { ledger, troubles };
  const months = new Map(ledger.ended.map((record) => [record.month, record]));
  const monthOf = (month: string) => {
    const known = months.get(month);
    if (known) return known;
    const read = readMonth(usage, month);
    if (read.trouble) troubles.push(read.trouble);
    const record = read.value ?? { month, accounts: new Map() };
    months.set(month, record);
    return record;
  };
  const readings = [
    ...spooled.flatMap((name) => readSpooled(usageSpool, name) ?? []),
    ...(reading ? [reading] : []),
  ];
  readings.sort((a, b) => a.at - b.at);
  let hasEnded = false;
  for (const one of readings) {
    const { day } = ledger;
    count(ledger, one, monthOf);
    // A clock that was set may have led back to the day on which it began.
    hasEnded ||= day !== '' && ledger.day !== day;
  }
  if (hasEnded) ledger.ended = [...months.values()].filter(({ accounts }) => accounts.size > 0);
  const isNew = begin || readings.length + spooled.length + ledger.ended.length > 0;
  return { ledger, troubles, ...(isNew ? { change: { before: text, spooled } } : {}) };
}

/**
 * What a day that has ended leaves is in the running file until it is in its own: so all of it counts from one moment on.
 * @throws Failure where the disk does not take it: then it is counted the next time
 */
export function writeLedger(
  { usage, usageSpool }: UsagePlaces,
  { ledger, troubles, change }: Counting,
): void {
  if (!change) return;
  for (const { kind, file } of troubles) if (kind === 'damaged') renameSync(file, `${file}.damaged`);
  const write = (name: string, text: string) =>
    writeTogether([{ file: join(usage, name), text, mode: 0o600, durable: true }]);
  write(runningFile, encodeLedger(ledger));
  dropSpooled(usageSpool, change.spooled);
  if (ledger.ended.length === 0) return;
  const newer = new Set(troubles.flatMap(({ kind, file }) => (kind === 'newer' ? file : [])));
  for (const record of ledger.ended) {
    const name = monthFile(record.month);
    if (!newer.has(join(usage, name))) write(name, encodeMonth(record));
  }
  write(runningFile, encodeLedger({ ...ledger, ended: [] }));
  prune(usage);
}

/** By their number, not by the clock: one that was set to another century for a moment costs no year of figures. */
function prune(folder: string): void {
  const old = listMonths(folder).slice(0, -monthsKept);
  for (const month of old) rmSync(join(folder, monthFile(month)), { force: true });
  const [oldest] = listMonths(folder);
  if (old.length > 0 && oldest !== undefined) pruneMoved(folder, oldest);
}

/** Whether nobody has written it since it was read. */
export function isAsRead({ usage }: UsagePlaces, { change }: Counting): boolean {
  return readIfThere(join(usage, runningFile)) === change?.before;
}

function drawId(): string {
  return sha256(`${process.hrtime.bigint()} ${process.pid} ${Math.random()} ${Date.now()}`).slice(0, 16);
}
