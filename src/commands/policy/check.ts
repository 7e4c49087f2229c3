// virt-shaper check: reports all problems of all files of the configuration at once, and how the configuration was
// understood.
import { checkHost } from '../../config/check/host.ts';
import { type ConfigHere, readConfigHere } from '../../host/config-here.ts';
import type { Kernel } from '../../host/host.ts';
import { askKernel } from '../../host/kernel.ts';
import type { Context } from '../../operations/context.ts';
import { screenOf } from '../../operations/look.ts';
import { tryTemplates } from '../../operations/try-templates.ts';
import { checkUplinks } from '../../policy/check-uplinks.ts';
import { foresee } from '../../policy/foresee.ts';
import { hasOverrides, readTemplates } from '../../render/templates.ts';
import { type CheckResult, checkAsData, reportCheck } from '../../report/check.ts';
import { formatProblem } from '../../report/problems.ts';
import { ConfigError } from '../../system/errors.ts';
import { counted } from '../../text/label.ts';
import { byPlace } from '../../toml/place.ts';

export interface CheckOptions {
  json?: boolean;
  quiet?: boolean;
}

/** @returns with --json, 2 where there are errors @throws ConfigError without --json */
export async function checkCommand(context: Context, { json, quiet }: CheckOptions): Promise<number> {
  const { file } = context.paths.config;
  const show = (checked: CheckResult) => context.print(`${JSON.stringify(checkAsData(checked), null, 2)}\n`);
  let read: ConfigHere;
  try {
    read = await readConfigHere(context.paths.config);
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error;
    show({ files: [file], problems: error.problems });
    return 2;
  }
  const { config, warnings, files, devices } = read;
  // Without root the kernel cannot be asked, and the rest is checked.
  const kernel = await askKernel(context.paths.kernel).catch(() => undefined);
  const foreseen = foresee(config, devices, kernel);
  const own = findTemplateMistakes(context, kernel);
  if (own) {
    if (!json) throw own;
    show({ files, problems: own.problems });
    return 2;
  }
  const problems = [
    ...warnings,
    ...checkHost(config, devices.keys()),
    ...checkUplinks(config, devices),
    ...foreseen.warnings,
  ]
    .map((problem) => ({ ...lineOf(problem, read), ...problem }))
    .sort((a, b) => (a.at && b.at ? byPlace(a.at, b.at) : 0));
  if (json) {
    show({ files, problems, foreseen });
    return 0;
  }
  for (const problem of problems) context.warn(formatProblem(problem));
  if (!quiet) context.print(reportCheck(foreseen, config, file, screenOf(process)));
  const named = config.guests.filter(({ pattern }) => !pattern).length;
  const patterns = config.guests.length - named;
  const counts = [
    counted(named, 'guest'),
    ...(patterns > 0 ? [counted(patterns, 'pattern')] : []),
    counted(config.groups.length, 'group'),
    counted(config.uplinks.length, 'uplink'),
  ];
  const found = problems.length > 0 ? `${counted(problems.length, 'warning')}, no errors` : 'no errors';
  context.say(`${files.join(', ')}: ${counts.join(', ')}: ${found}`);
  return 0;
}

/** Renders with the administrator's templates, if there are any, to find mistakes in them. */
function findTemplateMistakes({ paths }: Context, kernel: Kernel | undefined): ConfigError | undefined {
  try {
    if (hasOverrides(paths.templates)) {
      tryTemplates(readTemplates(paths.templates), kernel ?? { leaf: 'bfifo', redirect: 'bpf' });
    }
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** The line that is printed above the caret. */
function lineOf({ at }: CheckResult['problems'][number], { sources }: ConfigHere): { text?: string } {
  const text = at && sources.find(({ name }) => name === at.file)?.line(at.line);
  return text === undefined ? {} : { text };
}
