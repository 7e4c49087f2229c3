// npm run test:faults [-- --seed SEED] [--changes N] [--change INDEX] [--kind KIND]
//
// The full run: random changes of policy, each with a fault at every call of nft, tc and ip, and virt-shaper
// killed at random moments. --change does one of them with every fault, --kind those that begin with it. Exit status 0: nothing failed, and the
// figures below are reached.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { needsCommand, needsUnshare, netnsScript } from '../support/needs.ts';
import { kindOf } from './policy.ts';
import type { Report } from './run-change.ts';
import { describeFailure, Tally } from './tally.ts';

const figures = { policyChanges: 50, faults: 1000, kills: 200 };

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    changes: { type: 'string', default: String(figures.policyChanges + 2) },
    change: { type: 'string' },
    kind: { type: 'string' },
    workers: { type: 'string', default: String(Math.min(4, availableParallelism())) },
    /** Seconds after which no further change is begun. */
    time: { type: 'string', default: '1500' },
  },
});
const { seed } = options;
const obstacle = needsUnshare() ?? needsCommand('nft', 'tc', 'ip', 'flock');
if (obstacle) throw new Error(obstacle);

const indexes = options.change
  ? [Number(options.change)]
  : Array.from({ length: Number(options.changes) }, (_, index) => index).filter(
      (index) => options.kind === undefined || kindOf(index) === options.kind,
    );
const isPart = options.change !== undefined || options.kind !== undefined;
const tally = new Tally();
const began = Date.now();
console.log(`seed ${seed}`);
const progress = setInterval(
  () => console.log(`${minutes()}: ${tally.faults} faults, ${tally.failures.length} tries failed`),
  60_000,
);
const broken = await Promise.all(
  Array.from({ length: Math.min(indexes.length, Number(options.workers)) }, work),
);
clearInterval(progress);
console.log(`\n${tally.table()}\nseed ${seed}, ${minutes()}`);

const reached = (Object.keys(figures) as (keyof typeof figures)[]).filter(
  (name) => tally[name] < figures[name],
);
if (!isPart) for (const name of reached) console.log(`too few ${name}: ${tally[name]} of ${figures[name]}`);
const isGood = tally.failures.length === 0 && !broken.includes(true) && (isPart || reached.length === 0);
process.exitCode = isGood ? 0 : 1;

function minutes(): string {
  return `${((Date.now() - began) / 60_000).toFixed(1)} min`;
}

/** A worker has a kernel of its own, and takes one change after the other. @returns whether it broke */
async function work(): Promise<boolean> {
  const worker = fileURLToPath(new URL('worker.ts', import.meta.url));
  const child = spawn('sh', [netnsScript, process.execPath, '--import', 'tsx', worker], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const next = () => {
    const index = Date.now() - began < Number(options.time) * 1000 ? indexes.shift() : undefined;
    if (index === undefined) child.stdin.end();
    else child.stdin.write(`${JSON.stringify({ seed, index, amount: amountOf() })}\n`);
  };
  next();
  for await (const line of createInterface(child.stdout)) {
    if (line === 'next') next();
    else if (line.startsWith('{')) take(JSON.parse(line) as Report);
    else console.log(line);
  }
  const status = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  if (status !== 0) console.log(`a worker ended with ${status}`);
  return status !== 0;
}

function amountOf() {
  return options.change
    ? { faults: 'everything', kills: 10, again: 1 }
    : { faults: 'each call', kills: 3, again: 0.15 };
}

function take(report: Report): void {
  tally.add(report);
  if (report.problems.length > 0 && tally.failures.length <= 40) console.log(describeFailure(report, seed));
}
