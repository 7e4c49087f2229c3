// That somebody has switched virt-shaper off: no hook, timer or boot loads again until somebody loads, applies or syncs
// by hand, or starts the service. In /var, since a reboot ends it no more than anything else.
import { isThere, readCache, writeWhole } from '../system/files.ts';
import { whoAsks } from '../system/who-asks.ts';
import { formatMinute } from '../units/clock.ts';

/** `not confirmed`: nobody confirmed the only load there was. */
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

/** @returns what is known of it; a file that is damaged says at least that it was switched off */
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
