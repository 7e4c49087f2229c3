// load --confirm SECONDS: the new policy holds until the time is up, then the former returns unless somebody
// confirmed. For those who sit at the far end of the link they shape: a process of its own keeps the time,
// so that the death of the terminal, or of the connection, brings the former policy back.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Site } from '../load/context.ts';
import { load } from '../load/load.ts';
import type { Context } from '../operations/context.ts';
import { generateNow } from '../operations/generate.ts';
import { underLock } from '../operations/under-lock.ts';
import { layOut } from '../store/configuration.ts';
import { readGuests } from '../store/guests.ts';
import { readCompanions, readIfGood, sourceFile } from '../store/in-force-rules.ts';
import { dropPending, formerRules, readPending, sinceBoot, writePending } from '../store/pending.ts';
import { Failure } from '../system/errors.ts';
import { type Run, startDetached } from '../system/exec.ts';
import { readIfThere, removeFile, writeWhole } from '../system/files.ts';
import { label } from '../text/label.ts';
import { loadNow } from './load.ts';
import { writeRules } from './render.ts';
import { unloadNow } from './unload.ts';

/** @param seconds how long the new policy holds without being confirmed */
export async function loadAndConfirm(context: Context, seconds: number): Promise<number> {
  const { pending: folder, rules } = context.paths;
  const id = randomUUID();
  let deadline = 0;
  const changed = await underLock(context, async (site) => {
    const other = readPending(folder);
    if (other && other.deadline > sinceBoot()) {
      throw new Failure('another load waits for its confirmation', 'virt-shaper confirm');
    }
    const former = readIfGood(rules);
    deadline = sinceBoot() + seconds * 1000;
    const companions = readCompanions(join(rules, 'good'));
    writePending(folder, { id, deadline, former: former !== undefined }, former, companions);
    try {
      startGuard(context, id);
      const { changed } = await loadNow(context, site);
      if (!changed) dropPending(folder);
      return changed;
    } catch (error) {
      dropPending(folder);
      throw error;
    }
  });
  if (!changed) return 0;
  context.say(
    `the former policy returns in ${seconds} s, unless you press Enter or run: virt-shaper confirm`,
  );
  return (await outcome(context, id, deadline)) ? 0 : 1;
}

/** virt-shaper confirm: the policy that was loaded last stays. */
export async function confirmCommand(context: Context): Promise<number> {
  await underLock(context, async () => {
    if (!readPending(context.paths.pending)) throw new Failure('no load waits for a confirmation');
    dropPending(context.paths.pending);
  });
  context.say('confirmed');
  return 0;
}

/** The process that keeps the time; started by `loadAndConfirm` only. */
export async function guardCommand(context: Context, id: string): Promise<number> {
  const { pending: folder } = context.paths;
  const pending = readPending(folder);
  if (pending?.id !== id) return 0;
  await sleep(Math.max(0, pending.deadline - sinceBoot()));
  await underLock(context, async (site) => {
    if (readPending(folder)?.id !== id) return;
    if (pending.former) await goBack(context, site);
    else await unloadNow(context, site, 'not confirmed');
    await report(site.run, context);
    writeWhole(undoneFile(folder), id, 0o600);
    dropPending(folder);
  });
  return 0;
}

/**
 * The former configuration counts for guests that start or stop from now on, and for those that did so
 * meanwhile, until somebody renders anew. Without it the former rules themselves have to do.
 */
async function goBack(context: Context, site: Site): Promise<void> {
  const { pending, held } = context.paths;
  try {
    if (!layOut(readIfThere(join(formerRules(pending), sourceFile)), held)) throw new Failure('no source');
    writeRules(context, await generateNow(context));
    await load(site);
  } catch {
    await load(site, formerRules(pending));
  }
}

/** To the system's log, since nobody may be left to read anything else. */
async function report(run: Run, { paths }: Context): Promise<void> {
  const shaped = readIfGood(paths.rules)?.['shape.tc'] ?? '';
  const strangers = readGuests(paths.guests)
    .map(({ name }) => label(name))
    .filter((name) => !shaped.includes(`# guest ${name}\n`));
  const unknown = strangers.length > 0 ? `; not in it, so not shaped: ${strangers.join(', ')}` : '';
  const input = `the load was not confirmed: the former policy is in force again${unknown}\n`;
  await run('logger', ['-t', 'virt-shaper', '-p', 'daemon.warning'], { input }).catch(() => {});
}

function startGuard({ paths, lockTimeout, timeout }: Context, id: string): void {
  const options = ['--lock-timeout', String(lockTimeout), '--timeout', String(timeout)];
  startDetached(process.execPath, [process.argv[1] ?? '', ...options, ...paths.options, 'guard', id]);
}

/** Says which load went back, to whoever waits for it: on a busy machine the time does not tell. */
function undoneFile(folder: string): string {
  return `${folder}.undone`;
}

/** Milliseconds that the guard has to begin, from the deadline on. */
const patience = 5000;

/**
 * Waits for a key, for `confirm` elsewhere, which may have come already, or for the guard.
 * @returns whether the new policy stays
 */
async function outcome(context: Context, id: string, deadline: number): Promise<boolean> {
  const { pending: folder } = context.paths;
  const keys = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined;
  keys?.once('line', () => {
    confirmCommand(context).catch(() => {}); // Too late: the guard was first, which is said below.
  });
  while (readPending(folder)?.id === id) {
    // The guard has died: then it is for us to keep the time.
    if (sinceBoot() > deadline + patience) await guardCommand(context, id);
    await sleep(100);
  }
  keys?.close();
  if (readIfThere(undoneFile(folder)) !== id) return true;
  removeFile(undoneFile(folder));
  context.warn('not confirmed: the former policy is in force again');
  return false;
}
