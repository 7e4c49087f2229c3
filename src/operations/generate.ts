// Reads the inputs of the pipeline from this host and runs it. Call it under the lock when the result is going to be written.

import { matchGuest } from '../config/pattern.ts';
import { readSources } from '../config/read-files.ts';
import type { Guest } from '../guests/guest.ts';
import { readKernel } from '../host/kernel.ts';
import { readNetworks } from '../host/networks.ts';
import type { Part } from '../part/generate-part.ts';
import { generate, type Inputs, type Outputs } from '../pipeline.ts';
import { checkSpeeds } from '../policy/check-uplinks.ts';
import type { Moment } from '../policy/moment/moment.ts';
import type { Rules } from '../render/render.ts';
import { readOverrides, readTemplates } from '../render/templates.ts';
import { describeError } from '../report/errors.ts';
import { formatLine } from '../report/problems.ts';
import { findLaidOut, snapshotText } from '../store/configuration.ts';
import { readGuests } from '../store/guests.ts';
import { readIds } from '../store/ids.ts';
import { type Companions, goodSource, planFile, sourceFile, sourceOf } from '../store/in-force-rules.ts';
import { readPending } from '../store/pending.ts';
import { withKnownSpeeds } from '../store/speeds.ts';
import { ConfigError, type Problem } from '../system/errors.ts';
import { label } from '../text/label.ts';
import { type ConfigWithTemplates, readLoaded, readWithTemplates } from './config-with-templates.ts';
import type { Context } from './context.ts';
import { makePart, planText } from './make-part.ts';
import { type Knowledge, momentNow } from './moment/now.ts';

export interface Generated extends Outputs {
  /** The inputs of the pipeline. */
  inputs: Inputs;
  /** The files that are stored beside the rules. */
  companions: Companions;
  /** The warnings of the configuration, as lines. */
  about: string[];
  /** Present after an incremental run: policy and plan then cover only some guests, among them all that came or went. */
  part?: Part;
}

/**
 * Which configuration to use. `edited`: the present files, for render and apply. `present`: the same, unless a load was not
 * confirmed. `in force`: the one that was loaded last, for events that are no administrator's command: the timer, the end of a
 * guest. `starting`: the same for a guest that starts, unless only the present one has an entry for it. Where nothing was loaded
 * yet, the present one is used.
 */
export type Choice = 'edited' | 'present' | 'in force' | { starting: string[] };

/** Inputs that the caller has already: the running guests, the use of volumes, the rules in force. */
export interface KnownInputs {
  guests?: Guest[];
  used?: Knowledge;
  /** The rules in force, for an incremental run. */
  good?: Rules;
}

export async function generateNow(
  context: Context,
  choice: Choice = 'present',
  known: KnownInputs = {},
): Promise<Generated> {
  const { paths } = context;
  const former = findLaidOut(paths.held);
  if (choice === 'edited') {
    return generateFrom(context, await readWithTemplates({}, paths.config, paths.templates), known);
  }
  if (former) {
    context.warn(
      'warning: the configuration that was not confirmed is left out until the next virt-shaper apply or render',
    );
    return generateFrom(context, await readWithTemplates(paths, former), known);
  }
  const inForce = choice === 'present' ? undefined : await readLoaded(context);
  if (!inForce) {
    return generateFrom(context, await readWithTemplates(paths, paths.config, paths.templates), known);
  }
  const newer = typeof choice === 'object' && (await generateNewer(context, inForce, choice.starting, known));
  return newer || generateFrom(context, inForce, known);
}

/**
 * Renders by the present configuration for a starting guest that only this one has an entry for: whoever wrote the entry expects it
 * to take effect. Not while a load waits for its confirmation, and not with errors in it.
 */
async function generateNewer(
  context: Context,
  inForce: ConfigWithTemplates,
  starting: string[],
  known: KnownInputs,
): Promise<Generated | undefined> {
  const { config, templates, pending } = context.paths;
  const unknown = starting.filter((name) => !matchGuest(inForce.config, name));
  if (unknown.length === 0 || readPending(pending)) return undefined;
  const text = snapshotText([...readSources(config), ...readOverrides(templates, config.file)]);
  if (text === inForce.snapshot) return undefined;
  try {
    const present = await readWithTemplates(context.paths, config, templates);
    const newer = unknown.filter((name) => matchGuest(present.config, name));
    if (newer.length === 0) return undefined;
    const generated = await generateFrom(context, present, known);
    context.warn(
      `warning: only the configuration that was saved since the last load has an entry for guest ${newer.map(label).join(', ')}, ` +
        'so it counts from now on',
    );
    return generated;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.warn(describeError(error));
    context.warn('warning: the configuration cannot be used; the one in force counts');
    return undefined;
  }
}

async function generateFrom(
  context: Context,
  from: ConfigWithTemplates,
  known: KnownInputs,
): Promise<Generated> {
  const { config, devices, warnings, files, templates, snapshot } = from;
  const { paths } = context;
  const about = sumUp([...warnings, ...checkSpeeds(config, devices)]);
  for (const line of about) context.warn(line);
  const kernel = await readKernel(paths.kernel);
  const ids = readIds(paths.ids, paths.rules);
  if (ids.lost) context.warn(`warning: ${ids.lost}`);
  const moment = await momentNow(context, config, known.used ?? 'ledger');
  const inputs: Inputs = {
    config,
    guests: known.guests ?? readGuests(paths.guests),
    host: {
      devices: withKnownSpeeds(paths.speeds, devices),
      networks: readNetworks(paths.libvirtNetworks),
      kernel,
    },
    moment,
    chosen: ids.chosen,
    templates: readTemplates(templates),
    source: files.join(', '),
  };
  const part = known.good && makePart(paths, known.good, inputs, snapshot, about);
  return part ?? outputsOf(inputs, snapshot, about);
}

function outputsOf(inputs: Inputs, snapshot: string, about: string[]): Generated {
  const outputs = generate(inputs);
  const companions: Companions = new Map([
    [sourceFile, snapshot],
    [planFile, planText(inputs, outputs, about)],
  ]);
  return { ...outputs, inputs, companions, about };
}

/** The same rendering for another moment. */
export function atMoment({ inputs, companions, about }: Generated, moment: Moment): Generated {
  return outputsOf({ ...inputs, moment }, companions.get(sourceFile) ?? '', about);
}

/** One line for each of the first few warnings; `check` shows all of them, with their places. */
function sumUp(problems: Problem[]): string[] {
  const few = problems.length > 3 ? problems.slice(0, 2) : problems;
  const more = problems.length - few.length;
  return [
    ...few.map(formatLine),
    ...(more > 0
      ? [`warning: the configuration has ${more} more of these: virt-shaper check shows them`]
      : []),
  ];
}

/**
 * The folder for rules of a hook or a sync: rules.d, unless an administrator has rendered another configuration there that is not
 * loaded yet. That is left for them to load, with --confirm perhaps, or to read.
 */
export function folderFor({ paths }: Context, { companions }: Generated): string {
  const [waiting, loaded] = [sourceOf(paths.rules), goodSource(paths.rules)];
  const isAhead = waiting !== undefined && loaded !== undefined && waiting !== loaded;
  const isOther = waiting !== companions.get(sourceFile);
  return isAhead && isOther ? paths.syncRules : paths.rules;
}
