// virt-shaper verify: compares the kernel with what was loaded last, and checks that the guests' frames really pass it, so
// that drift is noticed before a customer notices it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { unrecorded } from '../../diff/compare.ts';
import { driftOf } from '../../diff/drift.ts';
import { differences } from '../../load/load.ts';
import { repair } from '../../observe/fault.ts';
import type { Context } from '../../operations/context.ts';
import { sayObstacles, sayUnreached } from '../../operations/load-now.ts';
import { observe } from '../../operations/look.ts';
import { underLock } from '../../operations/under-lock.ts';
import { changeLines } from '../../report/change-lines.ts';
import { differencesAsData, reportDifferences } from '../../report/differences.ts';
import { shapingAsData } from '../../report/in-use-data.ts';
import { describeReasons, hints } from '../../report/reasons.ts';
import type { Obstacle } from '../../store/in-force-plan.ts';
import { unnotedFolder } from '../../store/in-force-rules.ts';
import { ConfigError, Failure } from '../../system/errors.ts';

/** @returns 3 when the kernel differs, or a guest is not shaped as it should be */
export async function verifyCommand(context: Context, { json }: { json?: boolean }): Promise<number> {
  const folder = join(context.paths.rules, 'good');
  const unnoted = unnotedFolder(context.paths);
  const good = unnoted ?? (existsSync(folder) ? folder : undefined);
  const {
    unreached,
    obstacles,
    joined: _,
    ...all
  } = await underLock(context, (site) => differences(site, good)).catch((error) => {
    throw good && error instanceof ConfigError ? unreadable(error) : error;
  });
  // What `good` has is not what was loaded last, where that is not noted.
  const { loaded, ...others } = all;
  const found = driftOf(loaded && !unnoted ? { ...others, loaded } : others);
  const { guests, inForce } = await observe(context);
  const refused = found.list.length > 0 ? (inForce.obstacles ?? []).filter((one) => one.refused) : [];
  const passing = guests.filter(({ state }) => state === 'partly' || state === 'unshaped');
  const aside = guests.filter(
    (row) => row.state === 'shaped' && row.faults.some(({ kind }) => kind === 'aside'),
  );
  const told = [...passing, ...aside];
  if (!good) context.say('nothing has been loaded');
  if (unnoted) context.warn(describeUnnoted(folder, unnoted));
  sayUnreached(context, unreached);
  sayObstacles(context, [...obstacles, ...refused]);
  if (json) {
    const data = { ...differencesAsData(found), guests: shapingAsData(guests) };
    context.print(`${JSON.stringify(data, null, 2)}\n`);
  } else {
    const lines = [...changeLines(found, 'drift'), ...describeReasons(told), ...hints(told, [])];
    context.print(lines.map((line) => `${line}\n`).join(''));
    if (found.list.length > 0 && context.verbose) context.print(`\n${reportDifferences(found)}`);
  }
  if (found.list.length > 0)
    context.say(
      good
        ? found.list.every(({ reason }) => reason === unrecorded)
          ? `whether the kernel holds what was loaded is not known; ${repair} loads it anew`
          : `the kernel differs from what was loaded${remedy(refused, obstacles)}`
        : 'this is in the kernel, and no load of virt-shaper made it; virt-shaper load takes it over, unload takes it out',
    );
  const wrong = found.list.length + unreached.length + obstacles.length + passing.length;
  if (good && wrong === 0) context.say('the kernel holds what was loaded');
  return wrong > 0 ? 3 : 0;
}

function describeUnnoted(good: string, unnoted: string): string {
  return (
    `warning: what was loaded last is in ${unnoted}, and ${good} does not lead there: ${repair} sees to that, ` +
    `once it can be written (findmnt -T ${good})`
  );
}

function remedy(refused: Obstacle[], obstacles: Obstacle[]): string {
  if (refused.length > 0) return '';
  return obstacles.length > 0
    ? `; once nothing of others is in the way, ${repair} repairs it`
    : `; ${repair} repairs it`;
}

function unreadable(error: ConfigError): Failure {
  return new Failure(`what was loaded last cannot be read: ${error.message}`, `${repair} makes it anew`);
}
