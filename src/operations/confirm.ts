// load --confirm SECONDS: the new policy holds until the time is up, then the former returns unless somebody
// confirmed. For those who sit at the far end of the link they shape: a process of its own keeps the time,
// so that the death of the terminal, or of the connection, brings the former policy back.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Site } from '../load/context.ts';
import { load } from '../load/load.ts';
import { layOut } from '../store/configuration.ts';
import { readGuests } from '../store/guests.ts';
import { readCompanions, readIfGood, sourceFile } from '../store/in-force-rules.ts';
import {
  damaged,
  dropPending,
  formerRules,
  type Pending,
  readPending,
  sinceBoot,
  writePending,
} from '../store/pending.ts';
import { Failure } from '../system/errors.ts';
import { type Run, startDetached } from '../system/exec.ts';
import { readCache, removeFile, writeWhole } from '../system/files.ts';
import { label } from '../text/label.ts';
import type { Context } from './context.ts';
import { generateNow } from './generate.ts';
import { loadNow } from './load-now.ts';
import { tell } from './say-changes.ts';
import { underLock } from './under-lock.ts';
import { unloadNow } from './unload-now.ts';
import { writeRules } from './write-rules.ts';

/**
 * @param seconds how long the new policy holds without being confirmed
 * @param nothing said when there is nothing to do
 * @param render makes the rules that are loaded, where they are not those of rules.d as it is
 */
export async function loadAndConfirm(
  context: Context,
  seconds: number,
  nothing: string,
  render?: () => Promise<void>,
): Promise<number> {
  const { pending: folder, rules } = context.paths;
  const id = randomUUID();
  const waiting = await underLock(context, async (site) => {
    const other = readPending(folder);
    if (other && other.deadline > sinceBoot()) {
      throw new Failure('another load waits for its confirmation', 'virt-shaper confirm');
    }
    await render?.();
    const former = readIfGood(rules);
    const pending = { id, deadline: sinceBoot() + seconds * 1000, former: former !== undefined };
    writePending(folder, pending, former, readCompanions(join(rules, 'good')));
    try {
      startGuard(context, id);
      const { changed } = await loadNow(context, site, site.rules, undefined, tell(context, nothing));
      if (!changed) dropPending(folder);
      return changed ? pending : undefined;
    } catch (error) {
      dropPending(folder);
      throw error;
    }
  });
  if (!waiting) return 0;
  const returns = waiting.former ? 'the former policy returns' : 'all is taken out again';
  const said = `${returns} in ${seconds} s, and at once at Ctrl-C, unless you press Enter or run: virt-shaper confirm`;
  return (await outcome(context, waiting, said)) ? 0 : 1;
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
  await takeBack(context, id);
  return 0;
}

/** Nothing where it was confirmed, or taken back, meanwhile. */
async function takeBack(context: Context, id: string): Promise<void> {
  const { pending: folder } = context.paths;
  await underLock(context, async (site) => {
    const pending = readPending(folder);
    if (!pending || ![id, damaged].includes(pending.id)) return;
    if (pending.former) await goBack(context, site);
    else await unloadNow(context, site, 'not confirmed');
    await report(site.run, context, pending.former);
    writeWhole(undoneFile(folder), id, 0o600);
    dropPending(folder);
  });
}

function whatIsNow(former: boolean): string {
  return former ? 'the former policy is in force again' : 'nothing is loaded again, as before';
}

/**
 * The former configuration counts for guests that start or stop from now on, and for those that did so
 * meanwhile, until somebody renders anew. Without it the former rules themselves have to do.
 */
async function goBack(context: Context, site: Site): Promise<void> {
  const { pending, held } = context.paths;
  try {
    if (!layOut(readCache(join(formerRules(pending), sourceFile)), held)) throw new Failure('no source');
    writeRules(context, await generateNow(context));
    await load(site);
  } catch {
    await load(site, formerRules(pending));
  }
}

/** To the system's log, since nobody may be left to read anything else. */
async function report(run: Run, { paths }: Context, former: boolean): Promise<void> {
  const shaped = readIfGood(paths.rules)?.['shape.tc'] ?? '';
  const strangers = readGuests(paths.guests)
    .map(({ name }) => label(name))
    .filter((name) => !shaped.includes(`# guest ${name}\n`));
  const unknown = strangers.length > 0 ? `; not in it, so not shaped: ${strangers.join(', ')}` : '';
  const input = `the load was not confirmed: ${whatIsNow(former)}${unknown}\n`;
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
 * Waits for a key, for `confirm` elsewhere, which may have come already, or for the guard. Ctrl-C goes back at once.
 * @returns whether the new policy stays
 */
async function outcome(context: Context, { id, deadline, former }: Pending, said: string): Promise<boolean> {
  const { pending: folder } = context.paths;
  const keys = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined;
  keys?.once('line', () => {
    confirmCommand(context).catch(() => {}); // Too late: the guard was first, which is said below.
  });
  let broken = false;
  const onBreak = () => {
    broken = true;
  };
  process.on('SIGINT', onBreak);
  context.say(said);
  while ([id, damaged].includes(readPending(folder)?.id ?? '')) {
    // The guard has died: then it is for us to keep the time.
    if (broken || sinceBoot() > deadline + patience) await takeBack(context, id);
    await sleep(100);
  }
  process.off('SIGINT', onBreak);
  keys?.close();
  if (readCache(undoneFile(folder)) !== id) return true;
  removeFile(undoneFile(folder));
  context.warn(`not confirmed: ${whatIsNow(former)}`);
  return false;
}
