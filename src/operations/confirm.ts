// load --confirm SECONDS: a rollback timer. Unless somebody confirms, the former policy returns when the time is up. For
// administrators who work over the link that they shape: a detached process, the guard, keeps the time, so that the former policy
// also returns when the terminal or the connection dies.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCompanions, readIfGood } from '../store/in-force-rules.ts';
import {
  damaged,
  dropPending,
  type Ending,
  type Pending,
  readPending,
  sinceBoot,
  takeEnding,
  writeEnding,
  writePending,
} from '../store/pending.ts';
import { Failure } from '../system/errors.ts';
import { startDetached } from '../system/exec.ts';
import { removeFile } from '../system/files.ts';
import type { Context } from './context.ts';
import { loadNow } from './load-now.ts';
import { tell } from './say/changes.ts';
import { takeBack, whatIsNow } from './take-back.ts';
import { underLock } from './under-lock.ts';
import { underLockCounted } from './usage/count.ts';

/**
 * @param seconds until the rollback
 * @param nothing the message when there is nothing to do
 * @param render renders the rules to load; absent: rules.d as it is
 * @returns the exit status: 1 where it was taken back, or an uplink cannot be shaped
 */
export async function loadAndConfirm(
  context: Context,
  seconds: number,
  nothing: string,
  render?: () => Promise<unknown>,
): Promise<number> {
  const { pending: folder, rules, undone } = context.paths;
  const id = randomUUID();
  const { waiting, isWhole } = await underLockCounted(context, async (site) => {
    const other = readPending(folder);
    if (other && other.deadline > sinceBoot()) {
      throw new Failure('another load waits for its confirmation', 'virt-shaper confirm');
    }
    await render?.();
    const former = readIfGood(rules);
    const pending = { id, deadline: sinceBoot() + seconds * 1000, former: former !== undefined };
    if (other) writeEnding(undone, other.id, 'load');
    else removeFile(undone);
    writePending(folder, pending, former, readCompanions(join(rules, 'good')));
    try {
      startGuard(context, id);
      const telling = tell(context, nothing);
      const { changed, obstacles } = await loadNow(context, site, site.rules, undefined, telling);
      if (!changed) dropPending(folder);
      return { waiting: changed ? pending : undefined, isWhole: obstacles.length === 0 };
    } catch (error) {
      dropPending(folder);
      throw error;
    }
  });
  const stays = isWhole ? 0 : 1;
  if (!waiting) return stays;
  const returns = waiting.former ? 'the former policy returns' : 'all is taken out again';
  const said = `${returns} in ${seconds} s, and at once at Ctrl-C, unless you press Enter or run: virt-shaper confirm`;
  return (await outcome(context, waiting, said)) ? stays : 1;
}

/** Confirms the policy that was loaded last, which cancels its rollback. */
export async function confirm(context: Context): Promise<void> {
  await underLock(context, async () => {
    if (!readPending(context.paths.pending)) throw new Failure('no load waits for a confirmation');
    dropPending(context.paths.pending);
  });
  context.say('confirmed');
}

function startGuard({ paths, lockTimeout, timeout }: Context, id: string): void {
  const options = ['--lock-timeout', String(lockTimeout), '--timeout', String(timeout)];
  startDetached(process.execPath, [process.argv[1] ?? '', ...options, ...paths.options, 'guard', id]);
}

/** The time in milliseconds, after the deadline, within which the guard has to begin the rollback. */
const patience = 5000;

/**
 * Waits for a key, for `confirm` in another process, which may have run already, or for the guard. Ctrl-C rolls back at once.
 * @returns whether the new policy stays
 */
async function outcome(context: Context, { id, deadline, former }: Pending, said: string): Promise<boolean> {
  const { pending: folder } = context.paths;
  const keys = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined;
  keys?.once('line', () => {
    confirm(context).catch(() => {}); // Too late: the guard was first, which the caller reports.
  });
  let broken = false;
  const onBreak = () => {
    broken = true;
  };
  process.on('SIGINT', onBreak);
  context.say(said);
  while ([id, damaged].includes(readPending(folder)?.id ?? '')) {
    // The guard has died, so this process does the rollback.
    if (broken || sinceBoot() > deadline + patience) await takeBack(context, id);
    await sleep(100);
  }
  process.off('SIGINT', onBreak);
  keys?.close();
  const by = takeEnding(context.paths.undone, id);
  if (by) context.warn(`not confirmed: ${afterEnding(by, former)}`);
  return by === undefined;
}

function afterEnding(by: Ending, former: boolean): string {
  if (by === 'rollback') return whatIsNow(former);
  if (by === 'unload') return 'an unload came before, and nothing is loaded any more';
  return 'another load came before, and what that has loaded is in force';
}
