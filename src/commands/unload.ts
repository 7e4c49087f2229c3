// virt-shaper unload: everything virt-shaper put into the kernel is taken out, and nothing else.

import type { Site } from '../load/context.ts';
import { unload } from '../load/load.ts';
import type { Context } from '../operations/context.ts';
import { underLock } from '../operations/under-lock.ts';
import { dropPending } from '../store/pending.ts';
import { type WhyOff, writeOff } from '../store/unloaded.ts';

export async function unloadCommand(context: Context): Promise<number> {
  const changed = await underLock(context, async (site) => {
    dropPending(context.paths.pending);
    return unloadNow(context, site, 'unloaded');
  });
  context.say(changed ? 'unloaded' : 'nothing to do: the kernel holds nothing of virt-shaper');
  context.say(
    'no hook, timer or boot loads it again; virt-shaper apply, load or sync does, and a start of the service',
  );
  return 0;
}

/** Call it under the lock. @returns whether there was anything */
export async function unloadNow({ paths }: Context, site: Site, why: WhyOff): Promise<boolean> {
  const changed = await unload(site);
  writeOff(paths.unloaded, why);
  return changed;
}
