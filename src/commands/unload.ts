// virt-shaper unload: everything virt-shaper put into the kernel is taken out, and nothing else.

import type { Site } from '../load/context.ts';
import { unload } from '../load/load.ts';
import type { Context } from '../operations/context.ts';
import { underLock } from '../operations/under-lock.ts';
import { dropPending } from '../store/pending.ts';
import { readIfThere, writeWhole } from '../system/files.ts';
import type { Paths } from '../system/paths.ts';

export async function unloadCommand(context: Context): Promise<number> {
  const changed = await underLock(context, async (site) => {
    dropPending(context.paths.pending);
    return unloadNow(context, site, 'unloaded');
  });
  context.say(changed ? 'unloaded' : 'nothing to do: the kernel holds nothing of virt-shaper');
  return 0;
}

/**
 * Why nothing shall be in force until the next load: somebody has unloaded, which a guest's start ends, or nobody
 * has confirmed the only load there was, which it does not.
 */
export type Unloaded = 'unloaded' | 'not confirmed';

/** Call it under the lock. @returns whether there was anything */
export async function unloadNow({ paths }: Context, site: Site, why: Unloaded): Promise<boolean> {
  const changed = await unload(site);
  writeWhole(paths.unloaded, why);
  return changed;
}

export function whyUnloaded({ unloaded }: Paths): Unloaded | undefined {
  const text = readIfThere(unloaded);
  return text === undefined || text === 'not confirmed' ? text : 'unloaded';
}
