// virt-shaper doctor: what this host can and cannot do, which problems it has, and what to do about them. It changes
// nothing, and goes on after a check that fails.
import { examine } from '../../doctor/examine.ts';
import { type Level, worst } from '../../doctor/finding.ts';
import type { Context } from '../../operations/context.ts';
import { screenOf } from '../../operations/look.ts';
import { doctorAsData, reportDoctor } from '../../report/doctor.ts';

const statuses: Record<Level, number> = { ok: 0, warning: 3, problem: 1 };

interface Options {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

/** @returns 1 with a problem, 3 with a warning, 0 when all is well */
export async function doctorCommand(context: Context, options: Options): Promise<number> {
  const sections = await examine(context.paths, context.timeout * 1000);
  if (options.json) context.print(`${JSON.stringify(doctorAsData(sections), null, 2)}\n`);
  else {
    const { quiet = false, verbose = false } = options;
    context.print(reportDoctor(sections, { quiet, verbose, ...screenOf(process) }));
  }
  return statuses[worst(sections.flatMap(({ findings }) => findings))];
}
