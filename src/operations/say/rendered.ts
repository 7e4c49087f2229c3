// Reports on rendered rules, for administrators who render, plan and load in separate steps: the warnings of their configuration,
// whether that was edited since, and the running guests that they do not cover.
import { findMistakes } from '../../config/find-mistakes.ts';
import { readSources } from '../../config/read-files.ts';
import { repair } from '../../observe/fault.ts';
import { readRunningGuests } from '../../observe/read-running.ts';
import { readPolicyNow } from '../../observe/read-unshaped.ts';
import { findStrays, findUnknown } from '../../observe/unshaped.ts';
import { hasOverride, overrideKeys } from '../../policy/moment/moment.ts';
import { readOverrides } from '../../render/templates.ts';
import { subjectText } from '../../report/overrides.ts';
import { describeMistakes } from '../../report/problems.ts';
import { snapshotText } from '../../store/configuration.ts';
import { type InForce, readRenderedPlan } from '../../store/in-force-plan.ts';
import { goodSource, sourceOf } from '../../store/in-force-rules.ts';
import { readMoment } from '../../store/overrides.ts';
import { makeRun } from '../../system/exec.ts';
import { label } from '../../text/label.ts';
import type { Context } from '../context.ts';

/**
 * plan and load use rules.d, and not the configuration that was edited since.
 * @param isLoaded whether they have just been loaded
 */
export async function sayRendered(context: Context, isLoaded: boolean): Promise<void> {
  const plan = readRenderedPlan(context.paths.rules);
  for (const warning of plan?.configuration ?? []) context.warn(warning);
  for (const warning of plan?.warnings ?? []) context.warn(`warning: ${warning}`);
  if (plan) await sayUnknown(context, plan, isLoaded);
  if (plan) sayLimits(context, plan, isLoaded ? repair : 'virt-shaper render');
  sayEdited(context);
}

/** Warns where `virt-shaper limit` has set or lifted something since, as it can while nothing is loaded. */
function sayLimits({ paths, warn }: Context, { overrides = [] }: InForce, remedy: string): void {
  const now = overrideKeys(readMoment(paths.overrides).moment);
  const without = now.filter((one) => !hasOverride(overrides, one));
  const still = overrides.filter((one) => !hasOverride(now, one));
  for (const [which, what] of [
    [without, 'do not have what virt-shaper limit has set for'],
    [still, 'have what virt-shaper limit had set before for'],
  ] as const) {
    if (which.length === 0) continue;
    const names = [...new Set(which.map(subjectText))].join(', ');
    warn(`warning: these rules ${what} ${names}: ${remedy}`);
  }
}

/**
 * Warns of running guests and NICs that the rendered rules do not cover.
 * @param isLoaded whether these have just been loaded
 */
export async function sayUnknown(context: Context, plan: InForce, isLoaded = false): Promise<void> {
  const { paths, warn } = context;
  const running = readRunningGuests(paths);
  if (findUnknown(plan, running.guests).length === 0) return;
  const run = makeRun({ timeout: context.timeout * 1000 });
  const { loaded, saved = loaded } = await readPolicyNow(run, paths, running.guests);
  const taps = new Map<string, string[]>();
  for (const { kind, guest, tap = '' } of findStrays(plan, running, saved ? { loaded: saved } : {}, false)) {
    if (kind === 'unknown') taps.set(guest, [...(taps.get(guest) ?? []), tap]);
  }
  const all = [...taps];
  const few = all.length > 3 ? all.slice(0, 2) : all;
  for (const [guest, names] of few) {
    warn(
      `warning: guest ${label(guest)} runs by ${names.join(' and ')}, of which these rules do not know, so without ` +
        `limit: ${findsUnknown(paths, isLoaded)}`,
    );
  }
  if (few.length < all.length) warn(`warning: and so do ${all.length - few.length} more guests`);
}

/** A sync would load rules that were rendered to be read first; one by the configuration in force leaves them where they are. */
function findsUnknown({ rules }: Context['paths'], isLoaded: boolean): string {
  if (isLoaded) return `${repair} finds it`;
  if (goodSource(rules) === undefined) return 'virt-shaper apply finds it';
  return `${repair} finds it, and virt-shaper render counts it then`;
}

function sayEdited({ paths, say, warn }: Context): void {
  const rendered = sourceOf(paths.rules);
  if (rendered === undefined) return;
  try {
    const sources = [...readSources(paths.config), ...readOverrides(paths.templates, paths.config.file)];
    if (snapshotText(sources) === rendered) return;
  } catch {
    return; // render reports unreadable templates itself.
  }
  const mistaken = describeMistakes(findMistakes(paths.config));
  if (mistaken) warn(mistaken);
  else
    say(
      'the configuration has changed since rules.d was rendered: virt-shaper apply --dry-run shows what for',
    );
}
