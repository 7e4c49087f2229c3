// A load that waits for its confirmation: until when, and the rules that come back otherwise. In /run, since
// after a reboot there is nothing to go back to.
import { existsSync, rmSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import type { Rules } from '../render/render.ts';
import { readCache, writeWhole } from '../system/files.ts';
import { type Companions, ruleFiles, writeCompanions } from './in-force-rules.ts';

export interface Pending {
  id: string;
  /** Milliseconds since boot (`sinceBoot`). */
  deadline: number;
  /** Whether anything was loaded before; its rules are in `former/`. */
  former: boolean;
}

/** Milliseconds since boot, sleep included (CLOCK_BOOTTIME): a clock that is set, as by NTP, moves no deadline. */
export function sinceBoot(): number {
  return Math.round(uptime() * 1000);
}

/** In the place of an id that cannot be read: whose load it was nobody knows, but that it waits. */
export const damaged = 'damaged';

export function readPending(folder: string): Pending | undefined {
  const file = join(folder, 'pending.json');
  if (!existsSync(file)) return undefined; // Or of a load that was killed before it began.
  try {
    const pending = JSON.parse(readCache(file) ?? '');
    if (typeof pending.id === 'string' && typeof pending.deadline === 'number') return pending;
  } catch {
    // Said by its id.
  }
  return { id: damaged, deadline: 0, former: existsSync(join(formerRules(folder), 'shape.tc')) };
}

/** Before the load, so that a load that is killed goes back too. */
export function writePending(
  folder: string,
  pending: Pending,
  former: Rules | undefined,
  companions: Companions,
): void {
  writeCompanions(formerRules(folder), companions);
  for (const file of ruleFiles) if (former) writeWhole(join(folder, 'former', file), former[file], 0o600);
  writeWhole(join(folder, 'pending.json'), JSON.stringify(pending), 0o600);
}

export function dropPending(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export function formerRules(folder: string): string {
  return join(folder, 'former');
}
