// virt-shaper check: every problem of every file of the configuration, in one report.
import { checkHost } from '../config/check-host.ts';
import { readConfigHere } from '../host/config-here.ts';
import type { Context } from '../operations/context.ts';
import { checkUplinks } from '../policy/check-uplinks.ts';
import { formatProblem } from '../report/problems.ts';
import { counted } from '../text/label.ts';

export async function checkCommand(context: Context): Promise<number> {
  const { config, warnings, files, devices } = await readConfigHere(context.paths.config);
  for (const warning of [...warnings, ...checkHost(config, devices.keys()), ...checkUplinks(config, devices)])
    context.warn(formatProblem(warning));
  const counts = [
    counted(config.guests.length, 'guest'),
    counted(config.groups.length, 'group'),
    counted(config.uplinks.length, 'uplink'),
  ];
  context.say(`${files.join(', ')}: ${counts.join(', ')}, no errors`);
  return 0;
}
