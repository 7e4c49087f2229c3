// Explains one guest or group: the origin of each of its values, its lines in rules.d, and its state in the kernel. Read-only;
// what cannot be read is reported, and the rest is shown.

import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { escapeName } from '../config/pattern.ts';
import { readRunningGuests } from '../observe/read-running.ts';
import type { Outputs } from '../pipeline.ts';
import type { Policy } from '../policy/policy.ts';
import { describeError } from '../report/errors.ts';
import { explain, type Looked } from '../report/explain/explain.ts';
import { type Explanation, explanationAsData } from '../report/explain/explanation.ts';
import {
  explainGroup,
  type GroupExplanation,
  groupAsData,
  groupLines,
  rowsOfGroup,
} from '../report/explain/group.ts';
import { folderOf } from '../report/explain/origin.ts';
import { explainText } from '../report/explain/text.ts';
import { areSame } from '../store/in-force-rules.ts';
import { ConfigError, Failure, isDamaged } from '../system/errors.ts';
import { label } from '../text/label.ts';
import type { Line } from '../text/spans.ts';
import type { Screen } from '../text/table.ts';
import { nearest } from '../units/nearest.ts';
import { readNow, rulesIn, type TreeCounters } from './compare-now.ts';
import { placeInForce } from './config-with-templates.ts';
import type { Context } from './context.ts';
import { type Generated, generateNow } from './generate.ts';
import { look, observe, selectBranches, usualInterval } from './look.ts';
import { underLock } from './under-lock.ts';

export interface Explained {
  /** Whether the configuration has errors, so that the one in force is explained. */
  mistaken: boolean;
  data: () => object;
  /** The text, wrapped for this screen; only tables have colours already. */
  lines: (screen: Screen) => Line[];
}

/**
 * @param as the kind of the name, where that is known; otherwise a guest takes precedence over a group
 * @throws Failure for an unknown name
 */
export async function explainName(
  context: Context,
  name: string,
  as?: 'guest' | 'group',
): Promise<Explained> {
  // Only these, to save memory: with a thousand guests the plan takes megabytes.
  const { inputs, mistaken, policy, rules } = await generateSomehow(context);
  const { config } = inputs;
  const folder = folderOf(context.paths.config.file);
  if (as === 'group') {
    const shown = await explainAsGroup(context, name, config, policy);
    if (shown) return groupExplained(shown, config, folder, mistaken);
  }
  const explanation = await explainGuest(context, name, inputs, { policy, rules });
  if (isNobody(explanation)) {
    const shown = await explainAsGroup(context, name, config, policy);
    return shown
      ? groupExplained(shown, config, folder, mistaken)
      : refuseUnknown(explanation, config.groups);
  }
  return {
    mistaken,
    data: () => explanationAsData(explanation),
    lines: () => explainText(explanation, folder, mistaken),
  };
}

function groupExplained(
  shown: GroupExplanation,
  { groups }: Config,
  folder: string,
  mistaken: boolean,
): Explained {
  return {
    mistaken,
    data: () => groupAsData(shown),
    lines: (screen) => groupLines(shown, groups, folder, screen),
  };
}

async function explainGuest(
  context: Context,
  name: string,
  inputs: Generated['inputs'],
  outputs: Pick<Outputs, 'policy' | 'rules'>,
): Promise<Explanation> {
  const { folder, rules, loaded } = rulesToExplain(context.paths.rules);
  // First, to save memory: the rows of all guests are freed before the kernel's state is read.
  const { counted, ...seen } = await rowsOf(context, name);
  const now = underLock(context, (site) => readNow(site, rules, folder, counted));
  const kernel = await now.catch((error: unknown) => {
    if (!(error instanceof Failure || error instanceof ConfigError)) throw error;
    return (
      describeError(error)
        .split('\n')[0]
        ?.replace(/^virt-shaper: /, '') ?? ''
    );
  });
  return explain(name, inputs, outputs, {
    rules: { folder, ...(rules ? { rules } : {}), ...(loaded ? { loaded } : {}) },
    kernel,
    ...seen,
  });
}

/** The rules in force, from rules.d where that has the same; those of rules.d where nothing is in force. */
function rulesToExplain(rulesD: string): Looked['rules'] {
  const good = join(rulesD, 'good');
  const [own, loaded] = [rulesIn(rulesD), rulesIn(good)];
  if (!loaded) return { folder: rulesD, ...(own ? { rules: own } : {}) };
  if (own && areSame(own, loaded)) return { folder: rulesD, rules: own, loaded: 'as rendered' };
  return { folder: good, rules: loaded, loaded: own ? 'not as rendered' : 'alone' };
}

/**
 * The guest's rows of `status`. Nothing where the kernel cannot be read, which is reported with the kernel's state.
 * @throws Failure where the description of the rules in force is damaged
 */
async function rowsOf(
  context: Context,
  name: string,
): Promise<Pick<Looked, 'rows' | 'limits' | 'allowances'> & { counted?: TreeCounters }> {
  try {
    const { guests, limits, allowances, uplinks, uses } = await observe(context);
    const isOwn = ({ guest }: { guest: string }) => guest === name;
    const devices = uplinks.flatMap(({ trees }) => [trees.out.device, trees.in.device]);
    return {
      rows: guests.filter(isOwn),
      limits: limits.filter(isOwn),
      allowances,
      counted: { devices: new Set(devices), uses },
    };
  } catch (error) {
    if (!(error instanceof Failure || error instanceof ConfigError) || isDamaged(error)) throw error;
    return {};
  }
}

/** With errors in the configuration, the values in force are explained. */
async function generateSomehow(context: Context): Promise<Generated & { mistaken: boolean }> {
  const { guests } = readRunningGuests(context.paths);
  try {
    return { ...(await generateNow(context, 'present', { guests })), mistaken: false };
  } catch (error) {
    if (!(error instanceof ConfigError) || placeInForce(context) === context.paths.config) throw error;
    context.warn(describeError(error));
    context.warn('warning: the configuration cannot be used; the one in force is explained');
    return { ...(await generateNow(context, 'in force', { guests })), mistaken: true };
  }
}

/** Whether nothing is known of a guest of that name, so that it may be a group's. */
function isNobody({ state, match, kernel }: Explanation): boolean {
  const isHeld = typeof kernel !== 'string' && kernel.classes.length > 0;
  return state === 'stopped' && !match.entry && !isHeld;
}

/** @returns nothing where there is no such group either, in the configuration or in force */
async function explainAsGroup(
  context: Context,
  name: string,
  config: Config,
  policy: Policy,
): Promise<GroupExplanation | undefined> {
  const { inUse } = await look(context, usualInterval);
  const uplinks = selectBranches(inUse.uplinks, [escapeName(name)]).filter(({ trees }) =>
    trees.out.groups.some(({ group }) => group.name === name),
  );
  if (uplinks.length === 0 && !config.groups.some((group) => group.name === name)) return undefined;
  const guests = rowsOfGroup(name, config, inUse.guests);
  return explainGroup(name, config, policy, { ...inUse, uplinks, guests });
}

function refuseUnknown({ guest, meant }: Explanation, groups: { name: string }[]): never {
  const close =
    meant ??
    nearest(
      guest,
      groups.map((one) => one.name),
    );
  throw new Failure(
    `no guest ${label(guest)} runs, and no entry or group of the configuration fits that name` +
      `${close === undefined ? '' : ` (did you mean ${label(close)}?)`}`,
    'virt-shaper tree shows who is shaped, virsh list --all who there is',
  );
}
