// What the last load left on the disk, and whether a render would make the same now.
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Guest } from '../../guests/guest.ts';
import type { Host } from '../../host/host.ts';
import { hasLostRules, type InUse } from '../../observe/read-in-use.ts';
import { generate } from '../../pipeline.ts';
import type { Rules } from '../../render/render.ts';
import { readTemplates } from '../../render/templates.ts';
import { readWholeHistory } from '../../store/history.ts';
import { readIds } from '../../store/ids.ts';
import { readInForce } from '../../store/in-force-plan.ts';
import { readIfGood, ruleFiles } from '../../store/in-force-rules.ts';
import { readMoment } from '../../store/overrides.ts';
import type { Paths } from '../../store/paths.ts';
import { isThere } from '../../system/files.ts';
import { type Attempt, attempt, had } from '../finding.ts';
import type { InForceFacts } from '../in-force.ts';

export async function readInForceFacts(
  paths: Paths,
  /** What a render would start from now; absent when it would refuse to start. */
  present: Present | undefined,
  drift: Attempt<number>,
  observed: Attempt<Pick<InUse, 'guests' | 'inForce'>>,
  isUnrecorded = false,
): Promise<InForceFacts> {
  return {
    now: Date.now(),
    history: await attempt(() => readWholeHistory(paths.history)),
    loaded: isThere(join(paths.rules, 'good')),
    lost: hasLostRules(paths),
    drift,
    isUnrecorded,
    rows: 'value' in observed ? { value: observed.value.guests } : observed,
    inForce: await attempt(() => had(observed)?.inForce ?? readInForce(paths.rules)),
    ...(present ? { outdated: await attempt(() => isOutdated(paths, present)) } : {}),
  };
}

export interface Present {
  config: Config;
  guests: Guest[];
  host: Host;
}

function isOutdated(paths: Paths, present: Present): boolean {
  const good = readIfGood(paths.rules);
  if (!good) return false;
  const { rules } = generate({
    ...present,
    moment: readMoment(paths.overrides).moment,
    chosen: readIds(paths.ids, paths.rules).chosen,
    templates: readTemplates(paths.templates),
    source: '',
  });
  return ruleFiles.some((name) => statements(rules, name) !== statements(good, name));
}

/** Without comments: the banner names the sources, and renaming one changes no rule. */
function statements(rules: Rules, name: keyof Rules): string {
  return rules[name]
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
}
