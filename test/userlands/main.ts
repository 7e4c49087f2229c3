// Other userlands on this machine's kernel: the nft, iproute2 and Node.js of other Debians. What nft and tc print differs
// from version to version, so whatever reads it is run with each.
//
//   sh test/userlands/run.sh [--userland SUITE]... [--list] [--docs] [WORD...]
//
// Without --userland all of them. A WORD picks jobs that have it in their name. --list says what there is, --docs
// writes the table of the results so far to docs/kernels.md, and neither runs anything. The last line is "N passed, N failed, N
// skipped".
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyCheckout } from '../support/checkout.ts';
import { fillMarked } from '../support/marked.ts';
import { keepResult, printResult, type Result, readResults, Sum } from '../support/matrix.ts';
import { netnsScript } from '../support/needs.ts';
import { runProcess } from '../support/process.ts';
import { judgeCommand, judgeTests } from '../support/verdict.ts';
import { type Job, listJobs } from './jobs.ts';
import { toMarkdown } from './matrix.ts';

/** Debian's suites; any other may be given, too. */
const userlands = ['bullseye', 'trixie'];
/** Seconds for one job. */
const limit = 900;

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'node_modules/.cache/userlands');
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    userland: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    docs: { type: 'boolean' },
  },
});
const suites = options.userland ?? userlands;
const jobs = listJobs(words);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

if (options.list) {
  for (const suite of userlands) console.log(`--userland ${suite}`);
  for (const { name } of jobs) console.log(name);
} else if (options.docs) {
  const page = join(root, 'docs/kernels.md');
  const results = readResults(cache, suites);
  const tableOf = (_: string, former: string) => `\n${toMarkdown(results, former)}\n`;
  writeFileSync(page, fillMarked(readFileSync(page, 'utf8'), 'userlands', tableOf, ['matrix']));
} else {
  await runAll();
}

async function runAll(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const checkout = copyCheckout(root);
  const scratch = mkdtempSync(join(tmpdir(), 'virt-shaper-userlands-'));
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const sum = new Sum();
  for (const suite of suites) {
    console.log(`\n== ${suite}`);
    const base = join(cache, suite);
    const script = fileURLToPath(new URL('base.sh', import.meta.url));
    const { status } = spawnSync('sh', [script, suite, base], { stdio: 'inherit' });
    if (status !== 0) {
      console.log(`FAIL  ${suite}: it could not be made`);
      sum.failed += 1;
      continue;
    }
    for (const job of jobs) {
      const result = await runJob(job, base, checkout, scratch);
      keepResult(cache, suite, result);
      printResult(suite, result);
      sum.add(result);
    }
  }
  console.log(`\n${toMarkdown(readResults(cache, suites))}`);
  sum.print();
}

async function runJob(
  { name, args, where, judge }: Job,
  base: string,
  checkout: string,
  scratch: string,
): Promise<Result> {
  const enter = ['sh', join(checkout, 'test/userlands/enter.sh'), base, checkout, 'node', ...args];
  const beside = ['env', `USERLAND=${base}`, process.execPath, ...args];
  const command = ['sh', netnsScript, ...(where === 'inside' ? enter : beside)];
  const began = Date.now();
  const run = await runProcess(command, { cwd: checkout, scratch, limit });
  const verdict = judge === 'tests' ? judgeTests(run) : judgeCommand(run);
  const seconds = Math.round((Date.now() - began) / 1000);
  return { name, seconds, ...verdict, output: run.output };
}
