// Any error as what a person reads: what happened and what to do. A stack trace is of use only to those who mend a
// defect, so it comes with --verbose; the versions of what took part come always.
import { release } from 'node:os';
import { ConfigError, Failure, type Problem } from '../system/errors.ts';
import { toolVersion } from '../system/tool-version.ts';
import { version } from '../system/version.ts';
import { formatProblem } from './problems.ts';

/** @param verbose with the stack of a defect */
export function describeError(error: unknown, verbose = false): string {
  if (error instanceof ConfigError) return error.problems.map(named).join('\n');
  if (error instanceof Failure) {
    const { message, hint, place } = error;
    return named({ severity: 'error', message, ...place, ...(hint ? { hint } : {}) });
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  const lines = [
    `virt-shaper: this is a defect of virt-shaper, please report it: ${message}`,
    `  virt-shaper ${version}, Node.js ${process.version}, ${toolVersion('tc')}, ${toolVersion('nft')}, Linux ${release()}`,
    ...(verbose ? [stack ?? 'no stack'] : ['  --verbose shows where in the program it happened']),
  ];
  return lines.join('\n');
}

/** What has a place begins with it, as compilers do; everything else says who speaks. */
function named(problem: Problem): string {
  return problem.at ? formatProblem(problem) : `virt-shaper: ${formatProblem(problem)}`;
}
