// virt-shaper limits: lists the overrides that administrators have set, by whom, until when and why.

import type { Context } from '../../operations/context.ts';
import { screenOf } from '../../operations/look.ts';
import { hasOverride, isInForce } from '../../policy/moment/moment.ts';
import { overridesAsData, reportOverrides, type ShownOverride } from '../../report/overrides.ts';
import { hasSubject, tryInForce } from '../../store/in-force-plan.ts';
import { readMoment } from '../../store/overrides.ts';
import { readIfThere } from '../../system/files.ts';
import { byName } from '../../units/units.ts';

export async function limitsCommand(context: Context, { json }: { json?: boolean }): Promise<number> {
  readIfThere(context.paths.overrides); // Throws where the user may not read it.
  const { moment, lost } = readMoment(context.paths.overrides);
  if (lost) context.warn(`warning: ${lost}`);
  const inForce = tryInForce(context.paths.rules);
  const shown = moment.overrides
    .map((one): ShownOverride => {
      const counts =
        inForce !== undefined && hasSubject(inForce, one) && hasOverride(inForce.overrides ?? [], one);
      return { ...one, isInForce: counts, hasEnded: !isInForce(one, moment.now) };
    })
    .filter(({ isInForce: counts, hasEnded }) => counts || !hasEnded)
    .sort((a, b) => a.kind.localeCompare(b.kind, 'en') || byName(a, b));
  if (json) context.print(`${JSON.stringify(overridesAsData(shown), null, 2)}\n`);
  else if (shown.length === 0)
    context.say(lost ? 'nothing is known to be set for now' : 'nothing is set for now');
  else context.print(reportOverrides(shown, screenOf(process)));
  return 0;
}
