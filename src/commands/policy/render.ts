// virt-shaper render: renders rules.d from the configuration, for the guests that the hook and sync have stored.

import type { Context } from '../../operations/context.ts';
import { generateNow } from '../../operations/generate.ts';
import { sayPolicy } from '../../operations/say/policy.ts';
import { sayUnknown } from '../../operations/say/rendered.ts';
import { underLock } from '../../operations/under-lock.ts';
import { writeRules } from '../../operations/write-rules.ts';
import { readRenderedPlan } from '../../store/in-force-plan.ts';
import { removeFolder } from '../../system/folders.ts';

export async function renderCommand(context: Context): Promise<number> {
  await underLock(context, async () => {
    const outputs = await generateNow(context, 'edited');
    removeFolder(context.paths.held); // A render makes the files of an unconfirmed load count again.
    sayPolicy(context, outputs);
    const written = writeRules(context, outputs);
    const guests = new Set(outputs.policy.uplinks.flatMap((uplink) => uplink.guests.map(({ name }) => name)));
    const uplinks = outputs.policy.uplinks.map(({ name }) => name).join(', ');
    const what =
      guests.size === 0
        ? 'no guest to shape'
        : `${guests.size} guest${guests.size > 1 ? 's' : ''} on ${uplinks}`;
    context.say(`${what}: ${context.paths.rules} ${written ? 'written' : 'is as it was'}`);
    const plan = readRenderedPlan(context.paths.rules);
    if (plan) await sayUnknown(context, plan);
  });
  return 0;
}
