// virt-shaper unload: everything virt-shaper put into the kernel is taken out, and nothing else.
import { unload } from '../load/load.ts';
import { withLock } from '../load/lock.ts';
import { type Context, lockWaiting } from './context.ts';

export async function unloadCommand(context: Context): Promise<number> {
  const changed = await withLock(context.paths.lock, lockWaiting(context), () => unload(context.paths));
  context.say(changed ? 'unloaded' : 'nothing to do: the kernel holds nothing of virt-shaper');
  return 0;
}
