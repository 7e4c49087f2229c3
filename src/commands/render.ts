// virt-shaper render: rules.d from the configuration and the guests now running.
import { isChanged, writeTogether } from '../files.ts';
import { removeFolder } from '../folders.ts';
import { companionsOf, filesOf } from '../load/good.ts';
import { writeIds } from '../plan/id-store.ts';
import type { Context } from './context.ts';
import { type Generated, generateNow, sayPolicy } from './generate-now.ts';
import { underLock } from './under-lock.ts';

export async function renderCommand(context: Context): Promise<number> {
  await underLock(context, async () => {
    removeFolder(context.paths.held);
    const outputs = await generateNow(context);
    sayPolicy(context, outputs);
    const written = writeRules(context, outputs);
    const guests = new Set(outputs.policy.uplinks.flatMap((uplink) => uplink.guests.map(({ name }) => name)));
    const uplinks = outputs.policy.uplinks.map(({ name }) => name).join(', ');
    const what =
      guests.size === 0
        ? 'no guest to shape'
        : `${guests.size} guest${guests.size > 1 ? 's' : ''} on ${uplinks}`;
    context.say(`${what}: ${context.paths.rules} ${written ? 'written' : 'is as it was'}`);
  });
  return 0;
}

/**
 * @param folder where to, when not to rules.d itself
 * @returns whether any file differs from what was there
 */
export function writeRules(
  { paths }: Context,
  { rules, chosen, companions }: Generated,
  folder = paths.rules,
): boolean {
  writeIds(paths.ids, chosen);
  const files = filesOf(folder, rules);
  const changed = files.some(isChanged);
  writeTogether([...(changed ? files : []), ...companionsOf(folder, companions).filter(isChanged)]);
  return changed;
}
