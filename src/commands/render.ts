// virt-shaper render: rules.d from the configuration and the guests now running.
import { join } from 'node:path';
import { writeIfChanged } from '../files.ts';
import { ruleFiles } from '../load/good.ts';
import type { Outputs } from '../pipeline.ts';
import { writeIds } from '../plan/id-store.ts';
import type { Context } from './context.ts';
import { generateNow, sayPolicy } from './generate-now.ts';
import { underLock } from './under-lock.ts';

export async function renderCommand(context: Context): Promise<number> {
  await underLock(context, async () => {
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

/** @returns whether any file differs from what was there */
export function writeRules({ paths }: Context, { rules, chosen }: Outputs): boolean {
  writeIds(paths.ids, chosen);
  const written = ruleFiles.map((name) => writeIfChanged(join(paths.rules, name), rules[name]));
  return written.includes(true);
}
