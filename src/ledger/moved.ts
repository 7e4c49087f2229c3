// A migrated guest's usage on other hosts, imported by hand: one part for each ledger that has counted it. Importing a part
// again replaces the former one, so nothing counts twice.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../system/digest.ts';
import { ConfigError, Failure } from '../system/errors.ts';
import { readIfThere, writeTogether } from '../system/files.ts';
import { isMonth, type Month } from '../units/days.ts';
import { decodeAccounts, encodeAccounts } from './decode.ts';
import type { MonthAccount } from './ledger.ts';
import { type LedgerSubject, ledgerSubject } from './subject.ts';

/** A guest's usage by one ledger. */
export interface UsagePart {
  /** The host's name, only shown. */
  host: string;
  /** The time of its last reading, in milliseconds since 1970. */
  until: number;
  months: Map<Month, MonthAccount>;
}

export interface Moved {
  guest: string;
  /** Keyed by the ledger's id. */
  parts: Map<string, UsagePart>;
}

/** The first bytes of every such file. */
export const movedHead = '{"version":1,"what":"usage of a guest, by virt-shaper"';

export function encodeMoved({ guest, parts }: Moved): string {
  const list = [...parts].map(([id, { host, until, months }]) => {
    const accounts = [...months].map(([month, account]) => {
      const [[, written] = []] = encodeAccounts(new Map([[ledgerSubject('guest', guest), account]]));
      return `${JSON.stringify(month)}:${JSON.stringify(written)}`;
    });
    return `${JSON.stringify(id)}:{"host":${JSON.stringify(host)},"until":${until},"months":{\n${accounts.join(',\n')}\n}}`;
  });
  return `${movedHead},"guest":${JSON.stringify(guest)},\n"parts":{\n${list.join(',\n')}\n}}\n`;
}

/**
 * @param file for messages
 * @param undone what does not happen for its sake, for messages
 * @throws ConfigError saying what is wrong with it
 */
export function decodeMoved(text: string, file: string, undone = 'nothing is imported'): Moved {
  try {
    const { version, what, guest, parts } = JSON.parse(text) as Record<string, unknown>;
    if (what === undefined || typeof guest !== 'string' || guest === '') throw new Error('not one');
    if (Number(version) > 1) throw refused(file, 'is of a newer virt-shaper', undone);
    return {
      guest,
      parts: new Map(Object.entries(parts as object).map(([id, part]) => [id, partFrom(guest, part)])),
    };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw refused(file, 'is nothing that "virt-shaper usage export" has written, or is damaged', undone);
  }
}

function refused(file: string, reason: string, undone: string): ConfigError {
  return new ConfigError([{ severity: 'error', message: `${file} ${reason}: ${undone}` }]);
}

function partFrom(guest: string, value: unknown): UsagePart {
  const { host, until, months } = value as Record<string, unknown>;
  if (typeof host !== 'string' || !Number.isSafeInteger(until)) throw new Error('damaged');
  const key = ledgerSubject('guest', guest);
  return {
    host,
    until: Number(until),
    months: new Map(
      Object.entries(months as object).map(([month, account]) => {
        const decoded = decodeAccounts({ [key]: account }).get(key);
        if (!isMonth(month) || !decoded) throw new Error('damaged');
        return [month, decoded];
      }),
    ),
  };
}

function folderOf(usage: string): string {
  return join(usage, 'moved');
}

function fileOf(usage: string, guest: string): string {
  return join(folderOf(usage), `${sha256(guest).slice(0, 32)}.json`);
}

export interface UsageImport {
  /** Parts that are new, or newer than the stored ones. */
  taken: number;
  /** Parts that are stored already, or are this host's own. */
  known: number;
}

/** To be called under the ledger's lock. @param own the id of this host's ledger */
export function keepMoved(usage: string, moved: Moved, own: string): UsageImport {
  const { guest } = moved;
  const parts = new Map(readMovedOf(usage, guest)?.parts);
  let taken = 0;
  for (const [id, part] of moved.parts) {
    const before = parts.get(id);
    if (id === own || (before && before.until >= part.until)) continue;
    parts.set(id, part);
    taken += 1;
  }
  if (taken > 0) {
    const text = encodeMoved({ guest, parts });
    writeTogether([{ file: fileOf(usage, guest), text, mode: 0o600, durable: true }]);
  }
  return { taken, known: moved.parts.size - taken };
}

/** @param undone as of decodeMoved */
export function readMovedOf(usage: string, guest: string, undone?: string): Moved | undefined {
  const file = fileOf(usage, guest);
  const text = readIfThere(file);
  return text === undefined ? undefined : decodeMoved(text, file, undone);
}

/** @returns all stored parts, and the files that cannot be read */
export function readMoved(usage: string): { moved: Map<LedgerSubject, Moved>; troubles: string[] } {
  const moved = new Map<LedgerSubject, Moved>();
  const troubles: string[] = [];
  for (const name of namesIn(folderOf(usage))) {
    const file = join(folderOf(usage), name);
    try {
      const one = decodeMoved(readIfThere(file) ?? '', file);
      moved.set(ledgerSubject('guest', one.guest), one);
    } catch (error) {
      if (error instanceof Failure) throw error;
      troubles.push(`${file} is damaged: what was used elsewhere and is in it does not count`);
    }
  }
  return { moved, troubles };
}

/** @param oldest the first month kept */
export function pruneMoved(usage: string, oldest: Month): void {
  for (const { guest, parts } of readMoved(usage).moved.values()) {
    const isKept = [...parts.values()].some(({ months }) =>
      [...months.keys()].some((month) => month >= oldest),
    );
    if (!isKept) rmSync(fileOf(usage, guest), { force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}
