// virt-shaper load: the kernel holds what rules.d says, all of it or nothing of it.
import { load, type Unreached } from '../load/load.ts';
import type { Site } from '../load/site.ts';
import type { Context } from './context.ts';
import { planCommand } from './plan.ts';
import { underLock } from './under-lock.ts';

export interface LoadOptions {
  dryRun?: boolean;
  json?: boolean;
}

export async function loadCommand(context: Context, options: LoadOptions): Promise<number> {
  if (options.dryRun) return planCommand(context, options);
  await underLock(context, (site) => loadNow(context, site));
  return 0;
}

/** Call it under the lock. */
export async function loadNow(context: Context, site: Site): Promise<void> {
  const { changed, unreached } = await load(site);
  sayUnreached(context, unreached);
  context.say(changed ? `loaded ${site.rules}` : 'nothing to do: the kernel holds what rules.d says');
}

export function sayUnreached(context: Context, unreached: Unreached[]): void {
  for (const { tap, subject, reason } of unreached) {
    context.warn(`warning: what ${subject} receives by ${tap} is not shaped: ${reason}`);
  }
}
