// Volumes used and credit left, as of the last sync. A guest that starts before the next sync is shaped by these, and the
// next sync computes the credit from them. In /run, since a sync can count the volumes anew from the ledger.
import type { Credit } from '../policy/moment/credit.ts';
import type { QuotaRecord, Volumes } from '../policy/moment/volumes.ts';
import { readCache, writeUnlocked } from '../system/files.ts';
import type { Both } from '../units/units.ts';

interface Stored {
  version: 1;
  at: number;
  quotas: [string, QuotaRecord][];
  credits: [string, Partial<Both<Credit>>][];
}

/** Readers need no lock: they see the former file or the new one. */
export function writeVolumes(file: string, { at, quotas, credits }: Volumes): void {
  const stored: Stored = { version: 1, at, quotas: [...quotas], credits: [...credits] };
  writeUnlocked(file, `${JSON.stringify(stored)}\n`);
}

/** @returns undefined before the first sync since boot, and where the file is damaged or of another version */
export function readVolumes(file: string): Volumes | undefined {
  try {
    const { version, at, quotas, credits }: Stored = JSON.parse(readCache(file) ?? '');
    const isOurs = version === 1 && Number.isFinite(at) && quotas.every(isQuota) && credits.every(areCredits);
    return isOurs ? { at, quotas: new Map(quotas), credits: new Map(credits) } : undefined;
  } catch {
    return undefined;
  }
}

function isQuota([key, { begin, end, used, held }]: Stored['quotas'][number]): boolean {
  const numbers = [begin, end, used.out, used.in, ...(held ? [held.until, held.end] : [])];
  return typeof key === 'string' && numbers.every(Number.isFinite);
}

function areCredits([name, credits]: Stored['credits'][number]): boolean {
  const all = [credits.out, credits.in].filter((one) => one !== undefined);
  return (
    typeof name === 'string' &&
    all.every(
      ({ left, isOn, total }) => Number.isFinite(left) && Number.isFinite(total) && typeof isOn === 'boolean',
    )
  );
}
