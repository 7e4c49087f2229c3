// virt-shaper unload: everything virt-shaper put into the kernel is taken out, and nothing else.
import { touch } from '../files.ts';
import { unload } from '../load/load.ts';
import { dropPending } from '../load/pending.ts';
import type { Context } from './context.ts';
import { underLock } from './under-lock.ts';

export async function unloadCommand(context: Context): Promise<number> {
  const changed = await underLock(context, async (site) => {
    dropPending(context.paths.pending);
    const changed = await unload(site);
    touch(context.paths.unloaded);
    return changed;
  });
  context.say(changed ? 'unloaded' : 'nothing to do: the kernel holds nothing of virt-shaper');
  return 0;
}
