// Counts a failure before a load, such as an error in the configuration, like a failed load: a guest is left without its limit
// either way, and monitoring has to show it.
import { describeError } from '../report/errors.ts';
import { noteLoad } from '../store/history.ts';
import { Failure } from '../system/errors.ts';
import type { Context } from './context.ts';

/** A guest that must not start, by the configuration. */
export class Refused extends Failure {
  constructor(
    readonly guest: string,
    message: string,
  ) {
    super(message);
  }
}

/** Errors that an inner call has counted already. */
const counted = new WeakSet<object>();

/** Call it under the lock. Notes any failure, except a refused guest, in the history, each of them once. */
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

/** Notes it if possible: with a full /run the history cannot be written either. */
function tryNote(file: string, error: string): void {
  try {
    noteLoad(file, error);
  } catch {
    // The failure itself is reported by the caller.
  }
}
