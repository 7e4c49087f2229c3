// virt-shaper unload: deletes everything that virt-shaper has put into the kernel, and nothing else.

import type { Context } from '../../operations/context.ts';
import { unloadNow } from '../../operations/unload-now.ts';
import { underLockCounted } from '../../operations/usage/count.ts';
import { dropPending } from '../../store/pending.ts';

export async function unloadCommand(context: Context): Promise<number> {
  const changed = await underLockCounted(context, async (site) => {
    dropPending(context.paths.pending);
    return unloadNow(context, site, 'unloaded');
  });
  context.say(changed ? 'unloaded' : 'nothing to do: the kernel holds nothing of virt-shaper');
  context.say(
    'no hook, timer or boot loads it again; virt-shaper apply, load or sync does, and a start of the service',
  );
  return 0;
}
