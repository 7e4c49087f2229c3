// Stock distribution kernels, one after another in an emulated machine, and in each the tests of test/kernel and the
// demo: what works here must work on the kernels that people run.
//
//   sh test/kernels/run.sh [--kernel K]... [--list] [--table] [--docs] [--hours N] [--cpus N] [WORD...]
//
// Without --kernel all of them. A WORD picks jobs that have it in their name. --list says what there is, --table prints
// the matrix of the results so far, --docs writes it to docs/kernels.md, and neither runs anything. --cpus is the number
// of the machine's, without it 2; with 1 the jobs that measure are left out. The last line is "N passed, N failed, N
// skipped".
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileCheckout, copyCheckout } from '../support/checkout.ts';
import { fillMarked } from '../support/marked.ts';
import { keepResult, printResult, type Result, readResults, Sum } from '../support/matrix.ts';
import { listJobs } from './jobs.ts';
import { runMachine } from './machine.ts';
import { toMarkdown } from './matrix.ts';

/** Debian's suites that have them; any other suite's name may be given, too. */
const kernels: Record<string, string> = {
  '5.10': 'bullseye-security',
  '6.1': 'bookworm',
  '6.12': 'trixie',
  newest: 'trixie-backports',
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'node_modules/.cache/kernels');
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    kernel: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    table: { type: 'boolean' },
    docs: { type: 'boolean' },
    hours: { type: 'string' },
    cpus: { type: 'string' },
  },
});
const names = options.kernel ?? Object.keys(kernels);
const cpus = positive('cpus', 2);
const hours = positive('hours', 6);
// One emulated CPU is not enough to send and receive more than is let through.
const jobs = listJobs(words).filter(({ alone, name }) => cpus > 1 || !alone || name === 'chosen');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

if (options.list) {
  for (const [name, suite] of Object.entries(kernels)) console.log(`--kernel ${name}  (Debian ${suite})`);
  for (const { name } of jobs) console.log(name);
} else if (options.table) {
  console.log(toMarkdown(readResults(cache, Object.keys(kernels))));
} else if (options.docs) {
  const page = join(root, 'docs/kernels.md');
  const results = readResults(cache, Object.keys(kernels));
  const tableOf = (_: string, former: string) => `\n${toMarkdown(results, former)}\n`;
  writeFileSync(page, fillMarked(readFileSync(page, 'utf8'), 'kernels', tableOf, ['matrix']));
} else {
  await runAll();
}

function positive(option: 'cpus' | 'hours', otherwise: number): number {
  const number = Number(options[option] ?? otherwise);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${option} ${options[option]}: give a whole number from 1 on`);
  return process.exit(2);
}

async function runAll(): Promise<void> {
  const checkout = copyCheckout(root);
  compileCheckout(root, checkout);
  const sum = new Sum();
  for (const name of names) {
    console.log(`\n== ${name}`);
    try {
      for await (const result of runKernel(name, checkout)) {
        keepResult(cache, name, result);
        printResult(name, result);
        sum.add(result);
      }
    } catch (error) {
      console.log(`FAIL  ${name}: ${(error as Error).message}`);
      sum.failed += 1;
    }
  }
  console.log(`\n${toMarkdown(readResults(cache, names))}`);
  sum.print();
}

async function* runKernel(name: string, checkout: string): AsyncGenerator<Result> {
  const kernel = join(cache, name);
  const fetch = fileURLToPath(new URL('fetch.sh', import.meta.url));
  const { status } = spawnSync('sh', [fetch, kernels[name] ?? name, kernel], { stdio: 'inherit' });
  if (status !== 0) throw new Error('its kernel could not be fetched');
  const results = join(cache, `${name}.run`);
  const machine = { kernel, checkout, results, cpus };
  yield* runMachine(machine, jobs, hours * 3600);
}
