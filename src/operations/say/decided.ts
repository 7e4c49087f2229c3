// What a plain load or apply means for a load that waits for its confirmation.
import { readPending } from '../../store/pending.ts';
import type { Context } from '../context.ts';

/** Call it before that is dropped. Whoever waits at another terminal hears of it there by its end. */
export function sayDecided({ paths, say }: Context): void {
  if (!readPending(paths.pending)) return;
  say('the load that waited for its confirmation is not taken back any more: this one counts');
}
