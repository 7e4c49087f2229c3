// virt-shaper plan: what load would change, object by object, and why; without changing it.
import { differences } from '../load/load.ts';
import type { Context } from '../operations/context.ts';
import { underLock } from '../operations/under-lock.ts';
import { differencesAsData, reportDifferences } from '../report/differences.ts';
import { sayObstacles, sayUnreached } from './load.ts';

/** @returns 3 when anything would change */
export async function planCommand(context: Context, { json }: { json?: boolean }): Promise<number> {
  const { unreached, obstacles, ...found } = await underLock(context, (site) =>
    differences(site, site.rules),
  );
  sayUnreached(context, unreached);
  sayObstacles(context, obstacles);
  if (json) context.print(`${JSON.stringify(differencesAsData(found), null, 2)}\n`);
  else if (found.list.length > 0) context.print(reportDifferences(found));
  else if (obstacles.length === 0) context.say('nothing to do: the kernel holds what rules.d says');
  return found.list.length + obstacles.length > 0 ? 3 : 0;
}
