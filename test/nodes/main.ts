// The built program with each Node.js that people may have: the tests of test/kernel, and those of test/unit that start it.
//
//   sh test/nodes/run.sh [--node VERSION]... [--list] [--docs] [WORD...]
//
// Without --node all of them. A WORD picks jobs that have it in their name. --list says what there is, --docs writes the
// table of the results so far to docs/nodes.md, and neither runs anything. The last line is "N passed, N failed, N skipped".
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyCheckout } from '../support/checkout.ts';
import { fillMarked } from '../support/marked.ts';
import { jobRows, keepResult, printResult, type Results, readResults, Sum } from '../support/matrix.ts';
import { makeTable, mergeTables, parseTable, tableText } from '../support/table.ts';
import { fetchNode, versions } from './fetch.ts';
import { listJobs } from './jobs.ts';
import { runJob } from './run-job.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'node_modules/.cache/nodes');
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    docs: { type: 'boolean' },
  },
});
const nodes = options.node ?? versions;
const jobs = listJobs(words);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

if (options.list) {
  for (const version of versions) console.log(`--node ${version}`);
  for (const { name } of jobs) console.log(name);
} else if (options.docs) {
  const page = join(root, 'docs/nodes.md');
  const results = readResults(cache, nodes);
  const tableOf = (_: string, former: string) => `\n${toMarkdown(results, former)}\n`;
  writeFileSync(page, fillMarked(readFileSync(page, 'utf8'), 'nodes', tableOf, ['matrix']));
} else {
  await runAll();
}

async function runAll(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const checkout = copyCheckout(root);
  const scratch = mkdtempSync(join(tmpdir(), 'virt-shaper-nodes-'));
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const sum = new Sum();
  for (const version of nodes) {
    console.log(`\n== ${version}`);
    const node = fetchNode(version);
    for (const job of jobs) {
      const result = await runJob(job, node, checkout, scratch);
      keepResult(cache, version, result);
      printResult(version, result);
      sum.add(result);
    }
  }
  console.log(`\n${toMarkdown(readResults(cache, nodes))}`);
  sum.print();
}

/** @param former a page with such a table: what it says of other runs stays */
function toMarkdown(results: Results, former = ''): string {
  const there = [...results].filter(([, of]) => of.size > 0);
  const rows = jobRows(
    there.map(([, of]) => of),
    [],
  );
  const fresh = makeTable(
    there.map(([version]) => `Node.js ${version}`),
    rows,
  );
  return tableText(mergeTables(parseTable(former), fresh), []);
}
