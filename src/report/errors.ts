// Formats any error for people: what happened and what to do about it. An unexpected error is a defect: its versions are always
// shown, its stack trace with --verbose.
import { release } from 'node:os';
import { ConfigError, Failure, fileFailure, type Problem } from '../system/errors.ts';
import { toolVersion } from '../system/tool-version.ts';
import { version } from '../system/version.ts';
import { formatProblem } from './problems.ts';

/** @param verbose whether to include the stack trace of a defect */
export function describeError(error: unknown, verbose = false): string {
  if (error instanceof ConfigError) return error.problems.map(named).join('\n');
  const failure = error instanceof Failure ? error : fileFailure(error);
  if (failure) {
    const { message, hint, place } = failure;
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

/** A problem with a place begins with it, as in compilers; others begin with the program's name. */
function named(problem: Problem): string {
  return problem.at ? formatProblem(problem) : `virt-shaper: ${formatProblem(problem)}`;
}
