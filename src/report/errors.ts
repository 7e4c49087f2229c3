// Any error as what a person reads: what happened and what to do, never a stack trace.
import { ConfigError, Failure } from '../errors.ts';
import { formatProblem } from './problems.ts';

export function describeError(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.map(formatProblem).join('\n');
  if (error instanceof Failure) return error.hint ? `${error.message}\n  ${error.hint}` : error.message;
  return `this is a defect of virt-shaper, please report it: ${error instanceof Error ? error.message : error}`;
}
