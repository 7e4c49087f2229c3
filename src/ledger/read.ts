// Reads the ledger's files and never changes one: a file that cannot be read is reported, and stays.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '../system/files.ts';
import { decodeLedger, decodeMonth, Newer } from './decode.ts';
import type { Ledger, MonthRecord } from './ledger.ts';

/** The fault of a file, in words. `damaged`: it may be set aside. */
export interface Trouble {
  file: string;
  kind: 'damaged' | 'newer';
  text: string;
}

export interface LedgerRead<T> {
  value?: T;
  trouble?: Trouble;
}

export const runningFile = 'now.json';

export function monthFile(month: string): string {
  return `${month}.json`;
}

/** @returns with its text @throws Failure where it is there and may not be read */
export function readRunningMonth(folder: string): LedgerRead<Ledger> & { text?: string } {
  const file = join(folder, runningFile);
  const text = readIfThere(file);
  if (text === undefined) return {};
  return { text, ...decoded(file, text, decodeLedger) };
}

/** @throws Failure where it is there and may not be read */
export function readMonth(folder: string, month: string): LedgerRead<MonthRecord> {
  const file = join(folder, monthFile(month));
  const text = readIfThere(file);
  return text === undefined ? {} : decoded(file, text, decodeMonth);
}

/** The oldest first; the running month is missing until one of its days has ended. */
export function listMonths(folder: string): string[] {
  try {
    return readdirSync(folder)
      .flatMap((name) => /^(\d{4}-\d\d)\.json$/.exec(name)?.[1] ?? [])
      .sort();
  } catch {
    return [];
  }
}

function decoded<T>(file: string, text: string, decode: (text: string) => T): LedgerRead<T> {
  try {
    return { value: decode(text) };
  } catch (error) {
    const isNewer = error instanceof Newer;
    return {
      trouble: {
        file,
        kind: isNewer ? 'newer' : 'damaged',
        text: isNewer
          ? `${file} is of a newer virt-shaper: nothing is counted in it`
          : `${file} is damaged: what was counted in it is lost`,
      },
    };
  }
}
