// virt-shaper verify: the kernel against what was loaded last, so that drift is seen before a customer sees it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { differences } from '../load/load.ts';
import type { Context } from '../operations/context.ts';
import { underLock } from '../operations/under-lock.ts';
import { changeLines } from '../report/change-lines.ts';
import { differencesAsData, reportDifferences } from '../report/differences.ts';
import { ConfigError, Failure } from '../system/errors.ts';
import { sayObstacles, sayUnreached } from './load.ts';

/** @returns 3 when the kernel holds anything else */
export async function verifyCommand(context: Context, { json }: { json?: boolean }): Promise<number> {
  const folder = join(context.paths.rules, 'good');
  const good = existsSync(folder) ? folder : undefined;
  const { unreached, obstacles, ...found } = await underLock(context, (site) =>
    differences(site, good),
  ).catch((error) => {
    throw good && error instanceof ConfigError ? unreadable(error) : error;
  });
  if (!good) context.say('nothing has been loaded');
  sayUnreached(context, unreached);
  sayObstacles(context, obstacles);
  if (json) context.print(`${JSON.stringify(differencesAsData(found), null, 2)}\n`);
  else if (found.list.length > 0) {
    context.print(`${changeLines(found, 'drift').join('\n')}\n`);
    if (context.verbose) context.print(`\n${reportDifferences(found)}`);
  }
  if (found.list.length > 0)
    context.say(
      good
        ? 'the kernel differs from what was loaded; virt-shaper load repairs it'
        : 'this is in the kernel, and no load of virt-shaper made it; virt-shaper load takes it over, unload takes it out',
    );
  else if (good && unreached.length + obstacles.length === 0) context.say('the kernel holds what was loaded');
  return found.list.length + unreached.length + obstacles.length > 0 ? 3 : 0;
}

function unreadable(error: ConfigError): Failure {
  return new Failure(
    `what was loaded last cannot be read: ${error.message}`,
    'virt-shaper load puts what rules.d says in its place',
  );
}
