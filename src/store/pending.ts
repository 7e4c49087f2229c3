// A load that waits to be confirmed (`load --confirm`): its deadline, and the former rules for the rollback. In /run, since
// a reboot empties the kernel, so that there is nothing to roll back.
import { existsSync, rmSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import type { Rules } from '../render/render.ts';
import { readCache, removeFile, writeWhole } from '../system/files.ts';
import { type Companions, ruleFiles, writeCompanions } from './in-force-rules.ts';

export interface Pending {
  id: string;
  /** Milliseconds since boot (`sinceBoot`). */
  deadline: number;
  /** Whether rules were in force before this load; they are in `former/`. */
  former: boolean;
}

/** Milliseconds since boot, sleep included (CLOCK_BOOTTIME): no deadline moves when NTP or somebody sets the clock. */
export function sinceBoot(): number {
  return Math.round(uptime() * 1000);
}

/** The id of a pending load whose file cannot be read: a load waits, but nobody knows which. */
export const damaged = 'damaged';

export function readPending(folder: string): Pending | undefined {
  const file = join(folder, 'pending.json');
  if (!existsSync(file)) return undefined; // Also where a load was killed before it began.
  try {
    const pending = JSON.parse(readCache(file) ?? '');
    if (typeof pending.id === 'string' && typeof pending.deadline === 'number') return pending;
  } catch {
    // The id `damaged` tells the caller.
  }
  return { id: damaged, deadline: 0, former: existsSync(join(formerRules(folder), 'shape.tc')) };
}

/** @returns milliseconds until a load that nobody confirms is taken back; none or fewer where nothing has done that in time */
export function timeToConfirm({ deadline }: Pick<Pending, 'deadline'>): number {
  return deadline - sinceBoot();
}

/** For people, with the command that keeps what is loaded. */
export function describePending(pending: Pick<Pending, 'deadline'>): { reason: string; remedy: string } {
  const left = timeToConfirm(pending);
  const reason =
    left > 0
      ? `what is loaded is taken back in ${Math.ceil(left / 1000)} s unless somebody confirms it`
      : 'what is loaded was not confirmed in time, and nothing took it back';
  return { reason, remedy: 'virt-shaper confirm' };
}

/** Call it before the load, so that a load that is killed is rolled back too. */
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

/** What ends the waiting of a load that nobody confirms: its rollback, or another command that decides before. */
export type Ending = 'rollback' | 'load' | 'unload';

/** For the `load --confirm` that waits. Call it before `dropPending`, under the lock. */
export function writeEnding(file: string, id: string, by: Ending): void {
  writeWhole(file, `${id} ${by}`, 0o600);
}

/** @returns nothing where somebody has confirmed it; the answer is removed */
export function takeEnding(file: string, id: string): Ending | undefined {
  const [whose = '', by] = readCache(file)?.split(' ') ?? [];
  if (![id, damaged].includes(whose)) return undefined;
  removeFile(file);
  return by as Ending | undefined;
}

export function formerRules(folder: string): string {
  return join(folder, 'former');
}
