// Runs work under the lock that serializes access to kernel and rules; its child processes inherit the lock.

import type { Site } from '../load/context.ts';
import { makeRun } from '../system/exec.ts';
import { withLock } from '../system/lock.ts';
import type { Context } from './context.ts';

export function underLock<T>(context: Context, work: (site: Site) => Promise<T>): Promise<T> {
  const waiting = () => context.say('waiting for another virt-shaper to end');
  return withLock({ file: context.paths.lock, patience: context.lockTimeout, waiting }, (hold) =>
    work({
      ...context.paths,
      run: makeRun({ timeout: context.timeout * 1000, hold }),
      progress: context.progress,
    }),
  );
}
