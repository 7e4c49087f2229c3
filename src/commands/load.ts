// virt-shaper load: the kernel holds what rules.d says, all of it or nothing of it.
import { load } from '../load/load.ts';
import { withLock } from '../load/lock.ts';
import { type Context, lockWaiting } from './context.ts';

export async function loadCommand(context: Context): Promise<number> {
  await withLock(context.paths.lock, lockWaiting(context), () => loadNow(context));
  return 0;
}

/** Call it under the lock. */
export async function loadNow(context: Context): Promise<void> {
  const { changed, missing } = await load(context.paths);
  for (const tap of new Map(missing.map((object) => [object.device, object.subject])).entries()) {
    context.warn(
      `warning: ${tap[0]} (${tap[1] ?? 'unknown'}) is not there: what it would receive is not shaped`,
    );
  }
  context.say(
    changed ? `loaded ${context.paths.rules}` : 'nothing to do: the kernel holds what rules.d says',
  );
}
