// Loads rules and reports the result: taps that could not be reached, obstacles, and the changes for each guest.
import { describeObstacle } from '../diff/obstacles.ts';
import type { Unreached } from '../diff/unreached.ts';
import type { Site } from '../load/context.ts';
import { type LoadResult, load } from '../load/load.ts';
import type { Prefetched } from '../load/prefetch.ts';
import type { Believed } from '../load/trust.ts';
import { readBehind } from '../observe/behind.ts';
import { hasFailed, isHistoryHalfWritten, noteLoad } from '../store/history.ts';
import type { Obstacle } from '../store/in-force-plan.ts';
import { removeSpares } from '../store/in-force-rules.ts';
import { removeHalfWritten } from '../store/journal.ts';
import { removeFile } from '../system/files.ts';
import type { Context } from './context.ts';
import { countingFailures } from './failures.ts';
import type { Telling } from './say/changes.ts';

/** The message of a load with nothing to do. */
export const asRendered = 'nothing to do: the kernel holds what rules.d says';

/**
 * Call it under the lock.
 * @param wanted the argument of `load`
 * @param present the kernel's state, where it was read already under this lock
 * @param telling receives the changes for each guest
 */
export async function loadNow(
  context: Context,
  site: Site,
  wanted: string | Believed = site.rules,
  present?: Prefetched,
  telling?: Telling,
): Promise<LoadResult> {
  const doubt = (why: string) => context.detail(`all that the kernel holds is read: ${why}`);
  const told = { ...site, doubt, ...(telling ? { announce: telling.announce } : {}) };
  const loaded = await recorded(context, () => load(told, wanted, present));
  const { changed, unreached, obstacles, foreignMarks, joined } = loaded;
  for (const warning of foreignMarks) context.warn(`warning: ${warning}`);
  sayUnreached(context, unreached);
  sayObstacles(context, obstacles);
  await sayBehind(context, site, joined);
  const folder = typeof wanted === 'string' ? wanted : site.rules;
  if (changed) context.say(`loaded${telling ? `: ${telling.summary()}` : ` ${folder}`}`);
  else if (obstacles.length === 0 && telling?.nothing) context.say(telling.nothing);
  return loaded;
}

function recorded(context: Context, work: () => Promise<LoadResult>): Promise<LoadResult> {
  const { history } = context.paths;
  return countingFailures(context, async () => {
    const loaded = await work();
    removeHalfWritten(context.paths);
    removeSpares(context.paths);
    removeFile(context.paths.unloaded);
    const error = loaded.obstacles.map(describeObstacle).join('\n');
    const isDue = hasFailed(history) || isHistoryHalfWritten(history);
    if (loaded.changed || error !== '' || isDue) noteLoad(history, error || undefined);
    return loaded;
  });
}

export function sayUnreached(context: Context, unreached: Unreached[]): void {
  for (const { tap, subject, reason } of unreached) {
    context.warn(`warning: what ${subject} receives by ${tap} is not shaped: ${reason}`);
  }
}

export function sayObstacles(context: Context, obstacles: Obstacle[]): void {
  for (const obstacle of obstacles) context.warn(`warning: ${describeObstacle(obstacle)}`);
}

/** Warns of others' filters on these taps that see no frame any more, since ours comes first. */
export async function sayBehind(context: Context, { run }: Site, taps: string[]): Promise<void> {
  for (const { reason, remedy } of await readBehind(run, taps)) context.warn(`warning: ${reason}: ${remedy}`);
}
