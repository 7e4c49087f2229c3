// Reads everything the pipeline needs from this host and runs it. Call it under the lock when the result is
// going to be written.
import { readConfig } from '../config/read-config.ts';
import type { Guest } from '../guests/guest.ts';
import { readGuests } from '../guests/run-state.ts';
import { readKernel } from '../host/kernel.ts';
import { readDevices } from '../host/read-host.ts';
import { label } from '../label.ts';
import { generate, type Outputs } from '../pipeline.ts';
import { readIds } from '../plan/id-store.ts';
import { readTemplates } from '../render/templates.ts';
import { formatProblem } from '../report/problems.ts';
import type { Context } from './context.ts';

/** @param guests those now running, when the caller knows better than the run state */
export async function generateNow(context: Context, guests?: Guest[]): Promise<Outputs> {
  const { paths } = context;
  const { config, warnings, files } = readConfig(paths.config);
  for (const warning of warnings) context.warn(formatProblem(warning));
  const kernel = await readKernel(paths.kernel);
  return generate({
    config,
    guests: guests ?? readGuests(paths.guests),
    host: { devices: readDevices(), kernel },
    chosen: readIds(paths.ids),
    templates: readTemplates(paths.templates),
    source: files.join(', '),
  });
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
