// One job with one Node.js, in a copy of the checkout.
import type { Result } from '../support/matrix.ts';
import { runProcess } from '../support/process.ts';
import { judgeTests } from '../support/verdict.ts';
import type { Job } from './jobs.ts';

/** Seconds for one job. */
const limit = 600;

/** @param node its path */
export async function runJob(
  { name, command }: Job,
  node: string,
  checkout: string,
  scratch: string,
): Promise<Result> {
  const began = Date.now();
  const run = await runProcess(['env', `VIRT_SHAPER_NODE=${node}`, ...command], {
    cwd: checkout,
    scratch,
    limit,
  });
  const seconds = Math.round((Date.now() - began) / 1000);
  return { name, seconds, ...judgeTests(run), output: run.output };
}
