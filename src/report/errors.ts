// Any error as what a person reads: what happened and what to do, never a stack trace.
import { ConfigError, Failure, type Problem } from '../system/errors.ts';
import { formatProblem } from './problems.ts';

export function describeError(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.map(named).join('\n');
  if (error instanceof Failure) {
    const { message, hint, place } = error;
    return named({ severity: 'error', message, ...place, ...(hint ? { hint } : {}) });
  }
  return `virt-shaper: this is a defect of virt-shaper, please report it: ${error instanceof Error ? error.message : error}`;
}

/** What has a place begins with it, as compilers do; everything else says who speaks. */
function named(problem: Problem): string {
  return problem.at ? formatProblem(problem) : `virt-shaper: ${formatProblem(problem)}`;
}
