// virt-shaper unload: everything virt-shaper put into the kernel is taken out, and nothing else.
import { unload } from '../load/load.ts';
import { dropPending } from '../load/pending.ts';
import type { Context } from './context.ts';
import { underLock } from './under-lock.ts';

export async function unloadCommand(context: Context): Promise<number> {
  const changed = await underLock(context, (site) => {
    dropPending(context.paths.pending);
    return unload(site);
  });
  context.say(changed ? 'unloaded' : 'nothing to do: the kernel holds nothing of virt-shaper');
  return 0;
}
