// npm run test:chaos [-- --seed SEED] [--seeds N] [--actions N] [--steps FROM-TO] [--only KIND] [--workers N] [--time SECONDS]
//
// The full run: things are done to a host by chance, and everything that virt-shaper says is held against frames. A
// failure says how to run its steps alone. Exit status 0: nothing failed, and as much was done as was asked for.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { needsCommand, needsUnshare } from '../support/needs.ts';
import { shorten } from './shorten.ts';
import { Tally } from './tally.ts';
import { type Job, Workers } from './workers.ts';

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '20' },
    /** Of all seeds together. */
    actions: { type: 'string', default: '1000' },
    /** Of one seed: those only, on a host where nothing was done before. */
    steps: { type: 'string' },
    only: { type: 'string', multiple: true },
    workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    /** Seconds after which no further seed is begun. */
    time: { type: 'string', default: '3600' },
  },
});
const obstacle = needsUnshare() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'nsenter', 'bash');
if (obstacle) throw new Error(obstacle);

const began = Date.now();
const minutes = () => `${((Date.now() - began) / 60_000).toFixed(1)} min`;
const jobs = jobsOf();
const wanted = jobs.reduce((sum, { indexes }) => sum + indexes.length, 0);
const tally = new Tally();
const progress = setInterval(() => console.log(`${minutes()}: ${tally.summary()}`), 60_000);
const workers = new Workers(Number(options.workers), (step) => {
  tally.add(step);
  if (step.problems.length > 0) console.log(tally.describe(step));
});
const broken = await workers.work(() =>
  Date.now() - began < Number(options.time) * 1000 ? jobs.shift() : undefined,
);
clearInterval(progress);
if (tally.failures.length > 0 && !options.steps) await shorten(tally.failures, (line) => console.log(line));
console.log(`\n${tally.table()}\n${minutes()}\n${tally.summary()}`);
if (tally.actions < wanted) console.log(`too few actions: ${tally.actions} of ${wanted}`);
process.exitCode = tally.failures.length > 0 || broken || tally.actions < wanted ? 1 : 0;

function jobsOf(): Job[] {
  const only = options.only === undefined ? {} : { only: options.only };
  const first = Number(options.seed);
  if (options.steps) {
    const [from = 0, to = from] = options.steps.split('-').map(Number);
    return [{ seed: String(first), indexes: range(from, to), ...only }];
  }
  const seeds = Number(options.seeds);
  const each = Math.ceil(Number(options.actions) / seeds);
  return range(first, first + seeds - 1).map((seed) => ({
    seed: String(seed),
    indexes: range(0, each - 1),
    ...only,
  }));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
