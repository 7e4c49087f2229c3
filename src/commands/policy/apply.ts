// virt-shaper apply, the command for every change of the configuration: checks it, finds the running guests, renders, prints
// what changes for each guest, and loads. Where the configuration has a mistake, nothing is changed.
import { readAhead } from '../../load/prefetch.ts';
import { loadAndConfirm } from '../../operations/confirm.ts';
import { type Context, seconds } from '../../operations/context.ts';
import { type Generated, generateNow } from '../../operations/generate.ts';
import { loadNow } from '../../operations/load-now.ts';
import { lookAgain } from '../../operations/moment/look-again.ts';
import { findGuests, foundGuests, sayFound } from '../../operations/note-guests.ts';
import { type PlanOptions, planOutputs } from '../../operations/plan-rules.ts';
import { tell } from '../../operations/say/changes.ts';
import { deciding } from '../../operations/say/decided.ts';
import { sayPolicy } from '../../operations/say/policy.ts';
import { underLockCounted } from '../../operations/usage/count.ts';
import { writeRules } from '../../operations/write-rules.ts';
import { ConfigError } from '../../system/errors.ts';
import { touch } from '../../system/files.ts';
import { removeFolder } from '../../system/folders.ts';

export interface ApplyOptions extends PlanOptions {
  dryRun?: boolean;
  /** Seconds, as typed. */
  confirm?: string;
}

const nothing = 'nothing to do: the kernel holds what the configuration and the running guests ask for';

export async function applyCommand(context: Context, options: ApplyOptions): Promise<number> {
  if (options.dryRun) return dryRun(context, options);
  if (options.json || options.commands) {
    const message = '--json and --commands show what --dry-run would change; they go with it';
    throw new ConfigError([{ severity: 'error', message }]);
  }
  if (options.confirm !== undefined) {
    const time = seconds('--confirm', options.confirm);
    return loadAndConfirm(context, time, nothing, () => renderPresent(context));
  }
  const { obstacles, outputs } = await underLockCounted(context, async (site) => {
    const present = readAhead(site);
    const outputs = await renderPresent(context).catch(async (error) => {
      await present.interview.all().catch(() => {}); // Its child processes have inherited the lock.
      throw error;
    });
    const telling = tell(context, nothing);
    const load = () => loadNow(context, site, site.rules, present, telling);
    return { ...(await deciding(context, 'load', load)), outputs };
  });
  await lookAgain(context, outputs);
  return obstacles.length > 0 ? 1 : 0;
}

async function renderPresent(context: Context): Promise<Generated> {
  sayFound(context, await findGuests(context));
  const outputs = await generateNow(context, 'edited');
  removeFolder(context.paths.held); // An apply makes the files of an unconfirmed load count again.
  sayPolicy(context, outputs);
  writeRules(context, outputs);
  touch(context.paths.lastSync); // The guests were found as by a sync.
  return outputs;
}

/** Renders into a folder of its own, and stores neither the rules nor the guests that were found. */
async function dryRun(context: Context, options: ApplyOptions): Promise<number> {
  if (options.confirm !== undefined) {
    throw new ConfigError([{ severity: 'error', message: '--confirm loads, and --dry-run does not' }]);
  }
  return planOutputs(context, options, async () => {
    const found = foundGuests(context);
    sayFound(context, found);
    return generateNow(context, 'edited', { guests: found.after });
  });
}
