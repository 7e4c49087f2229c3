// What a finished process says about its tests, as counts. Nothing counts as passed that did not say so:
// uvu itself exits with 0 when a file never runs its tests, or when a before hook throws.

import { skipMark } from './skip.ts';

export interface Run {
  /** Exit status; null when a signal ended it. */
  status: number | null;
  /** Seconds after which it was killed; absent when it ended by itself. */
  killedAfter?: number;
  /** stdout and stderr, in the order written. */
  output: string;
}

export interface Verdict {
  passed: number;
  failed: number;
  /** One "name -- reason" for each skipped test. */
  skipped: string[];
  /** The tests of a file that failed. */
  names?: string[];
  /** What is wrong with the file as a whole. */
  problem?: string;
}

/** A command that is one test: typecheck, lint. */
export function judgeCommand({ status }: Run): Verdict {
  return status === 0 ? { passed: 1, failed: 0, skipped: [] } : { passed: 0, failed: 1, skipped: [] };
}

export function judgeTests(run: Run): Verdict {
  const totals = [
    ...run.output.matchAll(/^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)$/gm),
  ].at(-1);
  const [total = 0, passed = 0, skips = 0] = totals?.slice(1).map(Number) ?? [];
  const skipped = run.output
    .split('\n')
    .filter((line) => line.startsWith(skipMark))
    .map((line) => line.slice(skipMark.length));

  const names = [...run.output.matchAll(/^ {3}FAIL {2}(".*")$/gm)].map(([, name = '']) => name);
  const problem = findProblem();
  const failed = total - passed;
  if (problem === undefined) return { passed, failed, skipped, ...(failed > 0 && { names }) };
  return { passed, failed: Math.max(failed, 1), skipped, problem };

  function findProblem(): string | undefined {
    if (run.killedAfter !== undefined) return `still running after ${run.killedAfter} s, killed`;
    if (!totals && run.status === 0) return 'ended before its tests did (no test.run()?)';
    if (!totals) return `ended before its tests did, exit status ${run.status ?? 'none'}`;
    if (total + skips === 0) return 'holds no tests';
    if (skips > skipped.length)
      return `${skips - skipped.length} skipped without a reason: use unless() of skip.ts`;
    if (run.status !== 0 && total === passed)
      return `exit status ${run.status ?? 'none'} although its tests passed`;
    if (run.status === 0 && total > passed) return `${total - passed} tests did not run: a hook threw`;
    return undefined;
  }
}
