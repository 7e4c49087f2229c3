// Reads everything the pipeline needs from this host and runs it. Call it under the lock when the result is
// going to be written.
import { join } from 'node:path';
import type { ConfigLocation } from '../config/read-files.ts';
import { readConfigHere } from '../host/config-here.ts';
import { readKernel } from '../host/kernel.ts';
import { readNetworks } from '../host/networks.ts';
import { generate, type Inputs, type Outputs } from '../pipeline.ts';
import { checkSpeeds } from '../policy/check-uplinks.ts';
import { readOverrides, readTemplates, templatesBeside } from '../render/templates.ts';
import { describeError } from '../report/errors.ts';
import { formatLine } from '../report/problems.ts';
import { findLaidOut, layOut, snapshotText } from '../store/configuration.ts';
import { readGuests } from '../store/guests.ts';
import { readIds } from '../store/ids.ts';
import { inForceText } from '../store/in-force-plan.ts';
import { type Companions, goodSource, planFile, sourceFile } from '../store/in-force-rules.ts';
import { ConfigError, type Problem } from '../system/errors.ts';
import { label } from '../text/label.ts';
import type { Context } from './context.ts';

export interface Generated extends Outputs {
  /** What it was made from. */
  inputs: Inputs;
  /** What is kept beside the rules. */
  companions: Companions;
}

/**
 * `present`: as it is written now. `last good`: the one that was loaded last when the present one has mistakes,
 * for guests that start. `in force`: the one that was loaded last, for what nobody asked for at this moment.
 */
export type Choice = 'present' | 'last good' | 'in force';

export async function generateNow(context: Context, choice: Choice = 'present'): Promise<Generated> {
  const { paths } = context;
  const held = findLaidOut(paths.held);
  if (held) {
    context.warn(
      'warning: the configuration that was not confirmed is left out until the next virt-shaper render',
    );
    return generateFrom(context, held);
  }
  const lastGood = () => layOut(goodSource(paths.rules), paths.lastGood);
  const inForce = choice === 'in force' ? lastGood() : undefined;
  if (inForce) return generateFrom(context, inForce);
  try {
    return await generateFrom(context, paths.config, paths.templates);
  } catch (error) {
    const former = choice === 'last good' && error instanceof ConfigError && lastGood();
    if (!former) throw error;
    context.warn(describeError(error));
    context.warn('warning: the configuration cannot be used; the one that was loaded last counts meanwhile');
    return generateFrom(context, former);
  }
}

async function generateFrom(
  context: Context,
  location: ConfigLocation,
  templates = join(location.root ?? '', templatesBeside(location.file)),
): Promise<Generated> {
  const { paths } = context;
  const { config, warnings, files, sources, devices } = await readConfigHere(location);
  sayProblems(context, [...warnings, ...checkSpeeds(config, devices)]);
  const kernel = await readKernel(paths.kernel);
  const inputs: Inputs = {
    config,
    guests: readGuests(paths.guests),
    host: { devices, networks: readNetworks(paths.libvirtNetworks), kernel },
    chosen: readIds(paths.ids),
    templates: readTemplates(templates),
    source: files.join(', '),
  };
  const outputs = generate(inputs);
  const companions = new Map([
    [sourceFile, snapshotText([...sources, ...readOverrides(templates, location.file)])],
    [planFile, inForceText(outputs)],
  ]);
  return { ...outputs, inputs, companions };
}

/** A line for each of a few: `check` shows them whole, with their places. */
function sayProblems({ warn }: Context, problems: Problem[]): void {
  const few = problems.length > 3 ? problems.slice(0, 2) : problems;
  for (const problem of few) warn(formatLine(problem));
  const more = problems.length - few.length;
  if (more > 0) warn(`warning: the configuration has ${more} more of these: virt-shaper check shows them`);
}

/**
 * Says what the policy could not give, each in one line.
 * @param about the guest that it is asked for; absent for all
 */
export function sayPolicy(context: Context, { policy }: Outputs, about?: string): void {
  for (const warning of policy.warnings) context.warn(`warning: ${warning}`);
  for (const { guest, tap, reason, kind } of policy.unshaped) {
    if (about !== undefined && guest !== about) continue;
    const whose = `guest ${label(guest)}${tap ? `, ${label(tap)}` : ''}`;
    if (kind === 'unlisted') context.detail(`${whose} is not shaped: ${reason}`);
    else if (kind === 'unsuited') context.say(`${whose} is not shaped: ${reason}`);
    else context.warn(`warning: ${whose}: ${reason}`);
  }
}
