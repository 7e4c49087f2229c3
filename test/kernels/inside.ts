// Runs in the emulated machine: the jobs of jobs.json, as many at a time as it has CPUs, those that measure one by one
// and last. What each says goes to results.jsonl as soon as it has ended, so that a machine that stands still costs only
// the rest.
//
//   node test/kernels/inside.js FOLDER
import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../support/matrix.ts';
import { netnsScript } from '../support/needs.ts';
import { runProcess } from '../support/process.ts';
import { judgeCommand, judgeTests } from '../support/verdict.ts';
import type { Job } from './jobs.ts';

/** Seconds for one job: an emulated CPU takes ten to twenty times as long as its host's, whose others may use it, too. */
const limit = 3 * 3600;

const folder = process.argv[2] ?? '.';
const jobs = JSON.parse(readFileSync(join(folder, 'jobs.json'), 'utf8')) as Job[];
const scratch = mkdtempSync(join(tmpdir(), 'virt-shaper-kernels-'));

await runAll(
  jobs.filter(({ alone }) => !alone),
  availableParallelism(),
);
await runAll(
  jobs.filter(({ alone }) => alone),
  1,
);

async function runAll(some: Job[], atOnce: number): Promise<void> {
  const queue = [...some];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await runJob(job);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function runJob({ name, command, judge }: Job): Promise<void> {
  appendFileSync(join(folder, 'begun'), `${name}\n`);
  const began = Date.now();
  const run = await runProcess(['sh', netnsScript, ...command], { cwd: process.cwd(), scratch, limit });
  const verdict = judge === 'tests' ? judgeTests(run) : judgeCommand(run);
  const seconds = Math.round((Date.now() - began) / 1000);
  const result: Result = { name, seconds, ...verdict, output: run.output };
  appendFileSync(join(folder, 'results.jsonl'), `${JSON.stringify(result)}\n`);
}
