// What fails on the way to a load counts like a load that failed: a guest stays without its limit all the same, and
// who watches sees it.
import { describeError } from '../report/errors.ts';
import { noteLoad } from '../store/history.ts';
import { Failure } from '../system/errors.ts';
import type { Context } from './context.ts';

/** A guest that must not start, by the administrator's own rule. */
export class Refused extends Failure {
  constructor(
    readonly guest: string,
    message: string,
  ) {
    super(message);
  }
}

/** Counted further in already. */
const counted = new WeakSet<object>();

/** Call it under the lock. Whatever fails, but for a guest that is refused, is in the history once. */
export async function countingFailures<T>({ paths }: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && !(error instanceof Refused) && !counted.has(error)) {
      counted.add(error);
      tryNote(paths.history, describeError(error));
    }
    throw error;
  }
}

/** Where even /run is full, what has failed is more than that. */
function tryNote(file: string, error: string): void {
  try {
    noteLoad(file, error);
  } catch {
    // The failure itself is told.
  }
}
