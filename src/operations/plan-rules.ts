// What a load would change and for whom, without changing it.
import { commandsOf } from '../diff/command-lines.ts';
import { planPhases } from '../diff/phases.ts';
import { differences } from '../load/load.ts';
import { changeLines, changeSummary } from '../report/change-lines.ts';
import { differencesAsData, reportDifferences } from '../report/differences.ts';
import { ConfigError } from '../system/errors.ts';
import type { Context } from './context.ts';
import { asRendered, sayBehind, sayObstacles, sayUnreached } from './load-now.ts';
import { sayRendered } from './say-rendered.ts';
import { underLock } from './under-lock.ts';

export interface PlanOptions {
  json?: boolean;
  /** The commands that a load would run, in place of what they change. */
  commands?: boolean;
}

/** @returns 3 when anything would change */
export async function planRules(context: Context, options: PlanOptions): Promise<number> {
  const status = await planFolder(context, context.paths.rules, options);
  if (!options.json) sayRendered(context);
  return status;
}

/**
 * @param folder where the rules are that would be loaded
 * @param place where they would be then
 */
export async function planFolder(
  context: Context,
  folder: string,
  options: PlanOptions,
  place = folder,
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
  const lines = () => commandsOf(planPhases(list, from, to), to, place);
  if (json) context.print(`${JSON.stringify({ ...differencesAsData(found), commands: lines() }, null, 2)}\n`);
  else if (list.length === 0 && obstacles.length === 0) context.say(asRendered);
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
