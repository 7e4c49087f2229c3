// Counts readings and writes the ledger: first the records of past months, then the running file, then the counted spool files
// are removed. Each step is idempotent, so after a kill at any point the next run ends in the same state.
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../system/digest.ts';
import { readIfThere, writeTogether } from '../system/files.ts';
import { countReading, type LedgerReading } from './count.ts';
import { encodeLedger, encodeMonth } from './decode.ts';
import { type Ledger, newLedger } from './ledger.ts';
import { pruneMoved } from './moved.ts';
import { listMonths, monthFile, readMonth, readRunningMonth, runningFile, type Trouble } from './read.ts';
import { dropSpooled, readSpooled } from './spool.ts';

/** How many months are kept, the running one included. */
export const monthsKept = 14;

/** The readings to count, taken under the lock. */
export interface Uncounted {
  /** Names of spool files. */
  spooled: string[];
  /** The reading of the present classes. */
  reading?: LedgerReading | undefined;
  /** Write the ledger even when there is nothing to count. */
  begin?: boolean;
}

export interface CountResult {
  ledger: Ledger;
  /** Warnings: what could not be read. */
  troubles: Trouble[];
  /** Absent when there is nothing to write. */
  change?: Change;
}

interface Change {
  /** The running file's text before. */
  before: string | undefined;
  spooled: string[];
}

export interface UsagePlaces {
  usage: string;
  usageSpool: string;
}

/** Counts the readings in memory; nothing is written. @throws Failure where a file may not be read */
export function countAll(
  { usage, usageSpool }: UsagePlaces,
  { spooled, reading, begin = false }: Uncounted,
  { value, text, trouble } = readRunningMonth(usage),
): CountResult {
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
    countReading(ledger, one, monthOf);
    // A clock step may lead back to the day on which the ledger began.
    hasEnded ||= day !== '' && ledger.day !== day;
  }
  if (hasEnded) ledger.ended = [...months.values()].filter(({ accounts }) => accounts.size > 0);
  const isNew = begin || readings.length + spooled.length + ledger.ended.length > 0;
  return { ledger, troubles, ...(isNew ? { change: { before: text, spooled } } : {}) };
}

/**
 * A day that has ended stays in the running file until its month's file has it: renaming the running file commits all of it.
 * @throws Failure when the disk is full, for example: the next run counts the same readings
 */
export function writeLedger(
  { usage, usageSpool }: UsagePlaces,
  { ledger, troubles, change }: CountResult,
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

/** Removes the oldest months beyond the number kept. By number, not by date: a clock in another century deletes no figures. */
function prune(folder: string): void {
  const old = listMonths(folder).slice(0, -monthsKept);
  for (const month of old) rmSync(join(folder, monthFile(month)), { force: true });
  const [oldest] = listMonths(folder);
  if (old.length > 0 && oldest !== undefined) pruneMoved(folder, oldest);
}

/** Whether the file is unchanged since it was read. */
export function isAsRead({ usage }: UsagePlaces, { change }: CountResult): boolean {
  return readIfThere(join(usage, runningFile)) === change?.before;
}

function drawId(): string {
  return sha256(`${process.hrtime.bigint()} ${process.pid} ${Math.random()} ${Date.now()}`).slice(0, 16);
}
