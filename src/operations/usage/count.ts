// Counts use: the counters are read under the lock, and the ledger is written after it is released. An error is a warning, and does
// not affect any limit.
import { type CountResult, countAll, isAsRead, type Uncounted, writeLedger } from '../../ledger/keep.ts';
import { deviceOf } from '../../ledger/ledger.ts';
import { readRunningMonth } from '../../ledger/read.ts';
import { readClassesNow } from '../../ledger/read-classes.ts';
import { listSpool } from '../../ledger/spool.ts';
import type { Site } from '../../load/context.ts';
import { readInForce } from '../../store/in-force-plan.ts';
import { isThere } from '../../system/files.ts';
import { Occupied, withLock } from '../../system/lock.ts';
import type { Context } from '../context.ts';
import { underLock } from '../under-lock.ts';

export interface Usage {
  /** The ledger up to this moment, for values that depend on it. Absent where it cannot be read. */
  counting?: CountResult;
  /** Writes the ledger. Call it after the lock is released. */
  keep: () => Promise<void>;
}

/** Counts all classes. Call it under the lock. */
export async function countNow(context: Context, site: Site): Promise<Usage> {
  try {
    const { paths } = context;
    const running = readRunningMonth(paths.usage);
    if (running.trouble?.kind === 'newer') return takeUp(context, { spooled: [] }, running);
    const known = new Set([...(running.value?.classes.keys() ?? [])].map(deviceOf));
    const reading = await readClassesNow(site.run, readInForce(paths.rules), known);
    return takeUp(context, { spooled: listSpool(paths.usageSpool), reading }, running);
  } catch (error) {
    return unable(context, error);
  }
}

/** Counts only the spooled counters of classes that were deleted. Call it under the lock. */
function countGone(context: Context): Usage {
  const spooled = listSpool(context.paths.usageSpool);
  return spooled.length > 0 ? takeUp(context, { spooled }) : { keep: async () => {} };
}

/**
 * Runs work under the lock, then counts the classes that it deleted. Where there is no ledger yet, the counters before the work are
 * its beginning.
 */
export async function underLockCounted<T>(context: Context, work: (site: Site) => Promise<T>): Promise<T> {
  const usages: Usage[] = [];
  try {
    return await underLock(context, async (site) => {
      if (!isThere(context.paths.usage)) usages.push(await countNow(context, site));
      try {
        return await work(site);
      } finally {
        usages.push(countGone(context));
      }
    });
  } finally {
    for (const { keep } of usages) await keep();
  }
}

function takeUp(
  context: Context,
  uncounted: Uncounted,
  running?: ReturnType<typeof readRunningMonth>,
): Usage {
  try {
    const counting = countAll(context.paths, uncounted, running);
    return { counting, keep: () => keep(context, counting, uncounted) };
  } catch (error) {
    return unable(context, error);
  }
}

function unable({ warn }: Context, error: unknown): Usage {
  warn(`warning: what guests use is not counted: ${(error as Error).message}`);
  return { keep: async () => {} };
}

/** Seconds to wait for another process that writes the ledger; on a timeout the next sync counts instead. */
const patience = 5;

async function keep(context: Context, counting: CountResult, uncounted: Uncounted): Promise<void> {
  const { paths, warn } = context;
  for (const { text } of counting.troubles) warn(`warning: ${text}`);
  if (!counting.change) return;
  try {
    await withLock({ file: paths.usageLock, patience, waiting: () => {} }, async () => {
      writeLedger(paths, isAsRead(paths, counting) ? counting : countAll(paths, uncounted));
    });
  } catch (error) {
    if (error instanceof Occupied) return;
    warn(`warning: what guests use cannot be written down: ${(error as Error).message}`);
  }
}
