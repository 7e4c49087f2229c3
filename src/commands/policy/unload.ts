// virt-shaper unload: deletes everything that virt-shaper has put into the kernel, and nothing else.

import { dirname } from 'node:path';
import type { Context } from '../../operations/context.ts';
import { deciding } from '../../operations/say/decided.ts';
import { unloadNow } from '../../operations/unload-now.ts';
import { underLockCounted } from '../../operations/usage/count.ts';
import { assertWritable } from '../../system/folders.ts';

export async function unloadCommand(context: Context): Promise<number> {
  const { unloaded } = context.paths;
  const changed = await underLockCounted(context, async (site) => {
    // Without its record the next sync would load all again. A full disk may have room once the rules are removed.
    assertWritable(dirname(unloaded));
    return deciding(context, 'unload', () => unloadNow(context, site, 'unloaded'));
  });
  context.say(changed ? 'unloaded' : 'nothing to do: the kernel holds nothing of virt-shaper');
  context.say(
    'no hook, timer or boot loads it again; virt-shaper apply, load or sync does, and a start of the service',
  );
  return 0;
}
