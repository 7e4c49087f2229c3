// A dry run of a load: what it would change, and for whom.
import { join } from 'node:path';
import { commandsOf, type RulesetFile } from '../diff/command-lines.ts';
import { planPhases } from '../diff/phases.ts';
import { differences } from '../load/load.ts';
import { changeLines, changeSummary } from '../report/change-lines.ts';
import { differencesAsData, reportDifferences } from '../report/differences.ts';
import { ConfigError } from '../system/errors.ts';
import { readCache } from '../system/files.ts';
import { removeFolder } from '../system/folders.ts';
import { printable } from '../system/printable.ts';
import { formatMinute, parseMoment } from '../units/clock.ts';
import type { Context } from './context.ts';
import { atMoment, type Generated, generateNow } from './generate.ts';
import { asRendered, sayBehind, sayObstacles, sayUnreached } from './load-now.ts';
import { foundGuests } from './note-guests.ts';
import { sayPolicy } from './say/policy.ts';
import { sayRendered } from './say/rendered.ts';
import { underLock } from './under-lock.ts';
import { layRules } from './write-rules.ts';

/** The message where another moment changes nothing. */
const asNow = 'nothing to do: it is as it is now';

export interface PlanOptions {
  json?: boolean;
  /** A moment other than now, as text of the command line. */
  at?: string;
  /** Whether to show the commands that a load would run, in place of the changes. */
  commands?: boolean;
}

/** @returns 3 when anything would change */
export async function planRules(context: Context, options: PlanOptions): Promise<number> {
  if (options.at !== undefined) return planAt(context, options, momentOf(options.at));
  const status = await planFolder(context, context.paths.rules, options);
  if (!options.json) await sayRendered(context, false);
  return status;
}

/**
 * What the sync at that moment would change for the guests that run now: by the configuration in force, with the present overrides.
 */
function planAt(context: Context, options: PlanOptions, now: number): Promise<number> {
  return planOutputs(context, options, async () => {
    const present = await generateNow(context, 'in force', { guests: foundGuests(context).after });
    if (!options.json) context.say(`at ${formatMinute(now)}, by the configuration in force:`);
    // A quota that is held because the clock was set does not count: the moment that was asked for is taken as right.
    const { held: _, ...moment } = present.inputs.moment;
    return atMoment(present, { ...moment, now });
  });
}

/**
 * Plans rules that are not in rules.d: they are written to a folder of their own, which is removed afterwards.
 * @param make renders the rules; called under the lock
 */
export async function planOutputs(
  context: Context,
  options: PlanOptions,
  make: () => Promise<Generated>,
): Promise<number> {
  const { dryRules } = context.paths;
  try {
    await underLock(context, async () => {
      const outputs = await make();
      sayPolicy(context, outputs);
      layRules(dryRules, outputs);
    });
    return await planFolder(context, dryRules, options, false);
  } finally {
    removeFolder(dryRules);
  }
}

/** @throws ConfigError */
function momentOf(text: string): number {
  const value = parseMoment(text, Date.now());
  if (typeof value === 'number') return value;
  const message = `--at "${printable(text)}" ${value.reason}`;
  throw new ConfigError([{ severity: 'error', message, ...(value.hint ? { hint: value.hint } : {}) }]);
}

/**
 * @param folder the rules to compare with the kernel
 * @param stays whether the shown commands may name a file of it
 */
async function planFolder(
  context: Context,
  folder: string,
  options: PlanOptions,
  stays = true,
): Promise<number> {
  const { json, commands } = options;
  if (json && commands) {
    throw new ConfigError([
      { severity: 'error', message: '--json and --commands show two different things' },
    ]);
  }
  const {
    unreached,
    obstacles,
    joined: _,
    ...found
  } = await underLock(context, async (site) => {
    const differing = await differences(site, folder);
    await sayBehind(context, site, differing.joined);
    return differing;
  });
  sayUnreached(context, unreached);
  sayObstacles(context, obstacles);
  const { list, from, to } = found;
  const nothing = options.at === undefined ? asRendered : asNow;
  const lines = () => commandsOf(planPhases(list, from, to), stays ? rulesetIn(folder) : undefined);
  if (json) context.print(`${JSON.stringify({ ...differencesAsData(found), commands: lines() }, null, 2)}\n`);
  else if (list.length === 0 && obstacles.length === 0) context.say(nothing);
  else if (commands)
    context.print(
      lines()
        .map(({ command }) => `${command}\n`)
        .join(''),
    );
  else if (list.length > 0) {
    context.print([...changeLines(found, 'plan'), changeSummary(found, 'to come'), ''].join('\n'));
    if (context.verbose) context.print(`\n${reportDifferences(found)}`);
  }
  return list.length + obstacles.length > 0 ? 3 : 0;
}

function rulesetIn(folder: string): RulesetFile {
  const path = join(folder, 'ruleset.nft');
  return { path, ruleset: readCache(path) ?? '' };
}
