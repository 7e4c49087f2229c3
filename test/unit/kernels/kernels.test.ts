// The matrix of docs/kernels.md, and the pages that commands write tables into.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listJobs } from '../../kernels/jobs.ts';
import { toMarkdown } from '../../kernels/matrix.ts';
import { mbit } from '../../lab/policy.ts';
import { type Row, rowText } from '../../lab/table.ts';
import { fillMarked } from '../../support/marked.ts';
import type { Result } from '../../support/matrix.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const chosen = { release: '6.1.0', redirect: 'fw', leaf: 'fq_codel', lacking: ['cake'], doctor: [] };

function result(name: string, about: Partial<Result> = {}): [string, Result] {
  return [name, { name, seconds: 1, passed: 1, failed: 0, skipped: [], output: '', ...about } as Result];
}

const old = [
  result('chosen', { output: `noise\n${JSON.stringify(chosen)}\n` }),
  result('kernel/load', { passed: 9, failed: 7 }),
  result('kernel/leaves', { passed: 3, skipped: ['no cake'] }),
];

test('a kernel is a column, a job a row; what was not run is an empty cell, what failed is said', () => {
  const results = new Map([
    ['6.1', new Map(old)],
    ['6.12', new Map([result('kernel/load', { passed: 16 })])],
    ['newest', new Map()],
  ]);
  assert.equal(toMarkdown(results).trimEnd().split('\n'), [
    '|  | 6.1.0 | ? |',
    '| --- | --- | --- |',
    '| redirect | fw | ? |',
    '| leaf | fq_codel | ? |',
    '| other leaves | sfq | ? |',
    '| doctor | 1 |  |',
    '| kernel/leaves | 3, 1 skipped |  |',
    '| kernel/load | 9, **7 failed** | 16 |',
  ]);
});

test('a run fills its own cells; what others said of other kernels and jobs stays', () => {
  const page = toMarkdown(
    new Map([
      ['6.1', new Map([...old, result('kernel/top', { passed: 15 })])],
      ['5.10', new Map([result('chosen', { output: JSON.stringify({ ...chosen, release: '5.10.0' }) })])],
    ]),
  );
  const fresh = new Map([...old, result('kernel/load', { passed: 16 }), result('kernel/crowd')]);
  assert.equal(
    toMarkdown(new Map([['6.1', fresh]]), page)
      .trimEnd()
      .split('\n'),
    [
      '|  | 6.1.0 | 5.10.0 |',
      '| --- | --- | --- |',
      '| redirect | fw | fw |',
      '| leaf | fq_codel | fq_codel |',
      '| other leaves | sfq | sfq |',
      '| doctor | 1 | 1 |',
      '| kernel/crowd | 1 |  |',
      '| kernel/leaves | 3, 1 skipped |  |',
      '| kernel/load | 16 |  |',
      '| kernel/top | 15 |  |',
    ],
  );
});

const rows: Row[] = [
  ['cliff TCP out', '30 mbit', 28.69, 28.52],
  ['cliff TCP in', '30 mbit', 28.69, 28.98],
  ['jason TCP out of both, x4', '30 mbit', 28.52, 27.96],
  ['jason TCP in of both, x4', '30 mbit', 28.98, 28.98],
].map(([what, configured, expected, received]) => ({
  what: String(what),
  configured: String(configured),
  expected: Number(expected) * mbit,
  received: Number(received) * mbit,
  least: 0.97,
  most: 1.03,
}));
const pings: Row[] = [
  { what: 'jason pings meanwhile, ms', configured: 'idle + 30', expected: 31.5, received: 12.75, unit: 'ms' },
  { what: 'cliff pings meanwhile, ms', configured: 'idle + 5', expected: 5.5, received: 0.4, unit: 'ms' },
].map((row) => ({ ...row, unit: 'ms', least: 0, most: 1 }));

test("the demo's table gives the figures", () => {
  const output = [...rows, ...pings].map((row) => rowText(row, false)).join('\n');
  const lines = toMarkdown(new Map([['6.1', new Map([result('demo', { output })])]]));
  assert.equal(lines.trimEnd().split('\n').slice(-6), [
    '| TCP out, of the ceil | 0.994 |',
    '| TCP in, of the ceil | 1.010 |',
    '| out while in is full, of alone | 0.980 |',
    '| in while out is full, of alone | 1.000 |',
    '| its own ping meanwhile, ms more than idle | 11.3 |',
    "| a neighbour's, ms more than idle | 0.0 |",
  ]);
  assert.match(lines, '\n| demo | 6 of 6 figures |\n');
});

test('a figure that is not reached is said of the demo', () => {
  const output = [...rows, { ...(rows[0] as Row), received: mbit }]
    .map((row) => rowText(row, false))
    .join('\n');
  const results = new Map([result('demo', { output, passed: 0, failed: 1 })]);
  assert.match(toMarkdown(new Map([['6.1', results]])), '\n| demo | 4 of 5 figures, **failed** |\n');
});

test('words pick jobs, and what was chosen is always asked for', () => {
  const names = listJobs(['leaves', 'u32']).map(({ name }) => name);
  assert.equal(names, ['chosen', 'kernel/leaves', 'demo-u32']);
  assert.ok(listJobs([]).length > 20);
});

const page = 'Text\n<!-- x: one -->\nold\n<!-- /x -->\nmore\n<!-- x: two -->\nkept\n<!-- /x -->\n';

test('tables come between their markers, all else stays', () => {
  const content = (name: string) => (name === 'one' ? 'new $1\n' : undefined);
  assert.is(fillMarked(page, 'x', content, ['one']), page.replace('old', 'new $$1'));
});

test('a table without a place is an error', () => {
  assert.throws(() => fillMarked(page, 'x', () => '', ['three']), /no place for three/);
});

test('what the pages say was run is there', () => {
  for (const path of ['docs/kernels.md', 'docs/nodes.md']) {
    const text = readFileSync(join(root, path), 'utf8');
    const rows = [...text.matchAll(/^\| ((?:kernel|lab|unit)\/\S+) \|/gm)].map(([, name]) => name);
    assert.ok(rows.length > 20, path);
    for (const name of rows) assert.ok(existsSync(join(root, `test/${name}.test.ts`)), `${path}: ${name}`);
  }
});

test.run();
