// Reads everything the pipeline needs from this host and runs it. Call it under the lock when the result is
// going to be written.
import { type ReadConfig, readConfig } from '../config/read-config.ts';
import { findLaidOut, layOut, snapshotText } from '../config/snapshot.ts';
import { ConfigError } from '../errors.ts';
import { readGuests } from '../guests/run-state.ts';
import { readKernel } from '../host/kernel.ts';
import { readDevices } from '../host/read-host.ts';
import { label } from '../label.ts';
import { type Companions, goodSource, planFile, sourceFile } from '../load/good.ts';
import { inForceText } from '../load/in-force.ts';
import { generate, type Outputs } from '../pipeline.ts';
import { readIds } from '../plan/id-store.ts';
import { readTemplates } from '../render/templates.ts';
import { describeError } from '../report/errors.ts';
import { formatProblem } from '../report/problems.ts';
import type { Context } from './context.ts';

export interface Generated extends Outputs {
  /** What is kept beside the rules. */
  companions: Companions;
}

export interface GenerateOptions {
  /** Take the configuration that was loaded last when the present one has mistakes: for guests that start. */
  lastGood?: boolean;
}

export async function generateNow(context: Context, options: GenerateOptions = {}): Promise<Generated> {
  const { paths } = context;
  const { config, warnings, files, sources } = chooseConfig(context, options);
  for (const warning of warnings) context.warn(formatProblem(warning));
  const kernel = await readKernel(paths.kernel);
  const outputs = generate({
    config,
    guests: readGuests(paths.guests),
    host: { devices: readDevices(), kernel },
    chosen: readIds(paths.ids),
    templates: readTemplates(paths.templates),
    source: files.join(', '),
  });
  const companions = new Map([
    [sourceFile, snapshotText(sources)],
    [planFile, inForceText(outputs)],
  ]);
  return { ...outputs, companions };
}

function chooseConfig(context: Context, { lastGood }: GenerateOptions): ReadConfig {
  const { paths } = context;
  const held = findLaidOut(paths.held);
  if (held) {
    context.warn(
      'warning: the configuration that was not confirmed is left out until the next virt-shaper render',
    );
    return readConfig(held);
  }
  try {
    return readConfig(paths.config);
  } catch (error) {
    const former =
      lastGood && error instanceof ConfigError && layOut(goodSource(paths.rules), paths.lastGood);
    if (!former) throw error;
    context.warn(describeError(error));
    context.warn('warning: the configuration cannot be used; the one that was loaded last counts meanwhile');
    return readConfig(former);
  }
}

/** Says what the policy could not give, each in one line. */
export function sayPolicy(context: Context, { policy }: Outputs): void {
  for (const warning of policy.warnings) context.warn(`warning: ${warning}`);
  for (const { guest, tap, reason, kind } of policy.unshaped) {
    const whose = `guest ${label(guest)}${tap ? `, ${tap}` : ''}`;
    if (kind === 'unlisted') context.detail(`${whose} is not shaped: ${reason}`);
    else context.warn(`warning: ${whose}: ${reason}`);
  }
}
