// The record that virt-shaper is switched off: neither hook nor timer nor boot loads again until an administrator loads,
// applies or syncs, or starts the service. In /var, since it must survive a reboot.
import { isThere, readCache, writeWhole } from '../system/files.ts';
import { whoAsks } from '../system/who-asks.ts';
import { formatMinute } from '../units/clock.ts';

/** `not confirmed`: the first load of all was not confirmed, so there were no former rules to go back to. */
export type WhyOff = 'unloaded' | 'not confirmed';

export interface Off {
  version: 1;
  why: WhyOff;
  /** Milliseconds since 1970. */
  at: number;
  /** A user's name. */
  by: string;
}

export function writeOff(file: string, why: WhyOff): void {
  const off: Off = { version: 1, why, at: Date.now(), by: whoAsks() };
  writeWhole(file, `${JSON.stringify(off)}\n`);
}

/** @returns undefined when it is not switched off; a damaged file counts as switched off, by nobody knows whom */
export function readOff(file: string): Off | undefined {
  if (!isThere(file)) return undefined;
  const unknown: Off = { version: 1, why: 'unloaded', at: 0, by: 'somebody' };
  try {
    const { why, at, by } = JSON.parse(readCache(file) ?? '');
    if (typeof at !== 'number' || typeof by !== 'string') return unknown;
    return { version: 1, why: why === 'not confirmed' ? why : 'unloaded', at, by };
  } catch {
    return unknown;
  }
}

/** For people: `unloaded since 2026-11-29 12:03 by alice`. */
export function describeOff({ why, at, by }: Off): string {
  const since = at > 0 ? ` since ${formatMinute(at)}` : '';
  return why === 'unloaded'
    ? `unloaded${since} by ${by}`
    : `off${since}, because the load by ${by} was not confirmed`;
}
