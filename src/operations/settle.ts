// One change of a guest causes many events, each of which may want a sync, and a restart of libvirtd causes them for each
// guest. A sync that waits for an end of them is one for all.
import { ftruncateSync, unlinkSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Occupied, withLock } from '../system/lock.ts';
import type { Context } from './context.ts';

/** Seconds after which a sync that waits begins all the same, so that a host where things never rest is looked after. */
const longest = 10;
/** Seconds that one may wait: others leave to it what they have seen. */
const mostAsked = 60;

/**
 * Waits until nobody has wanted a sync for that time; where another sync waits already, it ends at once.
 * @param time seconds, a minute at most
 * @param most seconds, after which it begins although more is wanted
 * @returns whether this sync is the one that waited, and is to look now
 */
export async function settle({ paths }: Context, time: number, most = longest): Promise<boolean> {
  const latest = performance.now() + most * 1000;
  const isWanted = () => take(paths.syncWanted);
  const wait = async (hold: number) => {
    note(hold, `${process.pid}\n`);
    do await sleep(Math.min(time, mostAsked) * 1000);
    while (isWanted() && performance.now() < latest);
    note(hold, '');
    // A hook has seen the number after it had left its note, and asks nobody whether it is read.
    isWanted();
  };
  try {
    await withLock({ file: paths.syncLock, patience: 0, waiting: () => {} }, wait);
    return true;
  } catch (error) {
    if (error instanceof Occupied) return false;
    throw error;
  }
}

/** In the lock's file, for the hook's shell (hooks/hook-script.ts). What cannot be noted is asked of systemd there. */
function note(hold: number, text: string): void {
  try {
    ftruncateSync(hold);
    writeSync(hold, text);
  } catch {
    // The lock is a folder.
  }
}

/** @returns whether it was there. What cannot be removed counts for nothing, or it would be waited for without end. */
function take(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch {
    return false;
  }
}
