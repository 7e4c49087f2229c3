// Rolls back a load that nobody confirmed in time: to the former policy, or to nothing.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Site } from '../load/context.ts';
import { load } from '../load/load.ts';
import { Unkept } from '../load/unkept.ts';
import { layOut } from '../store/configuration.ts';
import { readGuests } from '../store/guests.ts';
import { readIfGood, sourceFile } from '../store/in-force-rules.ts';
import { damaged, dropPending, formerRules, readPending, sinceBoot, writeEnding } from '../store/pending.ts';
import { Failure } from '../system/errors.ts';
import type { Run } from '../system/exec.ts';
import { readCache } from '../system/files.ts';
import { label } from '../text/label.ts';
import type { Context } from './context.ts';
import { generateNow } from './generate.ts';
import { unloadNow } from './unload-now.ts';
import { underLockCounted } from './usage/count.ts';
import { writeRules } from './write-rules.ts';

/** Waits for the deadline of one load, and rolls it back then. */
export async function takeBackInTime(context: Context, id: string): Promise<void> {
  const pending = readPending(context.paths.pending);
  if (pending?.id !== id) return;
  await sleep(Math.max(0, pending.deadline - sinceBoot()));
  await takeBack(context, id);
}

/** Does nothing where it was confirmed or rolled back meanwhile. */
export async function takeBack(context: Context, id: string): Promise<void> {
  const { pending: folder } = context.paths;
  await underLockCounted(context, async (site) => {
    const pending = readPending(folder);
    if (!pending || ![id, damaged].includes(pending.id)) return;
    if (pending.former) await goBack(context, site).catch(unlessUnkept);
    else await unloadNow(context, site, 'not confirmed');
    await report(site.run, context, pending.former);
    // For the `load --confirm` that waits: on a busy machine the time alone does not tell which load was rolled back.
    writeEnding(context.paths.undone, id, 'rollback');
    dropPending(folder);
  });
}

/** The kernel is as it was before; the configuration that counts until the next render is in /run. */
function unlessUnkept(error: unknown): void {
  if (!(error instanceof Unkept)) throw error;
}

export function whatIsNow(former: boolean): string {
  return former ? 'the former policy is in force again' : 'nothing is loaded again, as before';
}

/**
 * Renders by the former configuration, which stays in use until the next render, so that guests that started or stopped meanwhile
 * are covered. Where that configuration is lost, the former rules are loaded as they are.
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

/** Reports the rollback to syslog, since the terminal that began the load may be gone. */
async function report(run: Run, { paths }: Context, former: boolean): Promise<void> {
  const shaped = readIfGood(paths.rules)?.['shape.tc'] ?? '';
  const strangers = readGuests(paths.guests)
    .map(({ name }) => label(name))
    .filter((name) => !shaped.includes(`# guest ${name}\n`));
  const unknown = strangers.length > 0 ? `; not in it, so not shaped: ${strangers.join(', ')}` : '';
  const input = `the load was not confirmed: ${whatIsNow(former)}${unknown}\n`;
  await run('logger', ['-t', 'virt-shaper', '-p', 'daemon.warning'], { input }).catch(() => {});
}
