// What a plain load, an apply or an unload means for a load that waits for its confirmation: it is not taken back any more.
import { Unkept } from '../../load/unkept.ts';
import { dropPending, type Ending, readPending, writeEnding } from '../../store/pending.ts';
import type { Context } from '../context.ts';

/**
 * Call it under the lock.
 * @param work loads or unloads. Where it fails, the kernel holds what it held, which goes on waiting.
 */
export async function deciding<T>(
  { paths, say }: Context,
  by: Exclude<Ending, 'rollback'>,
  work: () => Promise<T>,
): Promise<T> {
  const decide = () => {
    const waiting = readPending(paths.pending);
    if (waiting) {
      writeEnding(paths.undone, waiting.id, by);
      if (by === 'load')
        say('the load that waited for its confirmation is not taken back any more: this one counts');
    }
    dropPending(paths.pending);
  };
  try {
    const result = await work();
    decide();
    return result;
  } catch (error) {
    if (error instanceof Unkept) decide();
    throw error;
  }
}
