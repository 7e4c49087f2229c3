// npm run test:quick [-- WORD...]   the tests of the core in one process: most of what a test file takes by itself is the
// start of Node.js. Those that start processes, wait or measure are left to npm test, which runs everything.
//
//   node --import tsx test/support/quick.ts [--bail] [--times] [--whole] [WORD...]
//
// A WORD picks what has it in its name; a slow one, only where the word is its whole name. --bail ends at the first failure (test/mutants), --times says what each file took,
// --whole tries each property as often as npm test does and ends with the counts as uvu prints them (test/support/run-tests.ts).

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isQuick } from './quick-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['unit', 'golden', 'trace', 'fuzz'];

type Ran = [errors: string | true, passed: number, skipped: number, total: number];
type Queue = [name: string, ...suites: (() => Promise<Ran>)[]];

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    bail: { type: 'boolean' },
    times: { type: 'boolean' },
    whole: { type: 'boolean' },
  },
});
if (!options.whole) process.env.VIRT_SHAPER_QUICK = '1'; // support/amount.ts, which the tests import later
const files = folders
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  )
  .filter((file) => file.endsWith('.test.ts') && (isQuick(file) || words.includes(file)))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));

/** In the order of the words: who knows which test fails first puts it first. */
function place(file: string): number {
  return words.findIndex((word) => file.includes(word));
}

// What uvu's own command sets: suites then wait in this list, one entry for each file.
const queue: Queue[] = [];
const shared = globalThis as { UVU_DEFER?: number; UVU_INDEX?: number; UVU_QUEUE?: Queue[] };
shared.UVU_DEFER = 1;
shared.UVU_QUEUE = queue;

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const [index, file] of files.entries()) {
  const began = performance.now();
  shared.UVU_INDEX = index;
  queue.push([file]);
  await import(join(root, file));
  const [, ...suites] = queue[index] ?? [file];
  if (suites.length === 0) fail(`${file}: no test.run()`);
  for (const run of suites) {
    const [errors, passed, skipped, total] = await quietly(run);
    sum.passed += passed;
    sum.skipped += skipped;
    sum.failed += total - passed;
    if (errors !== true || passed < total) fail(`${file}\n${errors}`);
  }
  if (options.times) console.log(`${((performance.now() - began) / 1000).toFixed(2)} s  ${file}`);
}
if (options.whole) {
  console.log(
    `  Total:     ${sum.passed + sum.failed}\n  Passed:    ${sum.passed}\n  Skipped:   ${sum.skipped}`,
  );
} else console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
// Who runs it whole judges by the counts: a folder may have nothing but tests that are skipped.
process.exit(sum.failed === 0 && (options.whole || sum.passed > 0) ? 0 : 1);

function fail(text: string): void {
  console.log(text);
  process.exitCode = 1;
  if (sum.failed === 0) sum.failed = 1;
  if (options.bail) process.exit(1);
}

/** The dots of each test say nothing here. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const write = process.stdout.write;
  process.stdout.write = () => true;
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}
