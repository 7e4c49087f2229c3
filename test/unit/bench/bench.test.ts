// The benchmark's own arithmetic and drawing: a figure is no better than the median behind it.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XMLValidator } from 'fast-xml-parser';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { namesOfLines, sharesOf } from '../../bench/anatomy/parts.ts';
import { fill, writeDocs } from '../../bench/docs.ts';
import { format, formatResult, formatTarget, formatTick } from '../../bench/format.ts';
import { isChange, writeReplay } from '../../bench/host/record.ts';
import { draw } from '../../bench/plot/draw.ts';
import { makeScale } from '../../bench/plot/scale.ts';
import type { Result } from '../../bench/results.ts';
import type { Plot, Row } from '../../bench/section.ts';
import { sections } from '../../bench/sections.ts';
import { asMarkdown, plotAsMarkdown } from '../../bench/show.ts';
import { compared, figures, inTurn, isMet, median, spread } from '../../bench/statistics.ts';

const top = fileURLToPath(new URL('../../../', import.meta.url));

const row: Row = {
  what: 'a | b',
  unit: 's',
  ours: 0.03,
  bare: 0.02,
  ratio: 1.5,
  spread: [1.4, 1.75],
  target: { most: 1.5 },
};

test('median and spread', () => {
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([4, 1, 3, 2]), 2.5);
  assert.is(median([10, 9, 100]), 10);
  assert.equal(spread([2, 1, 3, 2]), [1, 3]);
  assert.throws(() => median([]), 'no values');
  assert.throws(() => spread([]), 'no values');
});

test('a ratio is the median of those of neighbours, not that of the medians', () => {
  // In the second round the machine was three times as slow.
  const { ours, bare, ratio, spread: range } = compared([2, 6, 4], [1, 3, 4]);
  assert.equal({ ours, bare, ratio, range }, { ours: 4, bare: 3, ratio: 2, range: [1, 2] });
  assert.throws(() => compared([1, 2], [1]), '2 runs against 1');
  assert.equal(figures([5]), { ours: 5, spread: [5, 5] });
});

test('runs take turns', async () => {
  const order: string[] = [];
  const run = (name: string) => () => order.push(name);
  const times = await inTurn(2, { ours: run('ours'), bare: run('bare') });
  assert.equal(order, ['ours', 'bare', 'ours', 'bare']);
  assert.equal(times, { ours: [1, 3], bare: [2, 4] });
});

test('a figure is reached by its ratio, and by itself where it has none', () => {
  assert.is(isMet(row), true);
  assert.is(isMet({ ...row, ratio: 1.501 }), false);
  assert.is(isMet({ ...row, target: { least: 1.6 } }), false);
  assert.is(isMet({ what: '', unit: 'bytes', ours: 99e6, spread: [0, 0], target: { most: 100e6 } }), true);
  assert.is(isMet({ what: '', unit: 'bytes', ours: 101e6, spread: [0, 0], target: { most: 100e6 } }), false);
  assert.is(isMet({ what: '', unit: 's', ours: 1, spread: [1, 1] }), undefined);
});

test('figures are shown with three digits and the unit that fits', () => {
  assert.equal(
    [0.0244, 1.77, 12.34, 4.2e-5, 3e-7, 0].map((value) => format(value, 's')),
    ['24.4 ms', '1.77 s', '12.3 s', '42.0 µs', '300 ns', '0'],
  );
  assert.equal(
    [99.94e6, 2e3].map((value) => format(value, 'bytes')),
    ['99.9 MB', '2.00 kB'],
  );
  assert.is(format(74000, 'packets/s'), '74,000/s');
  assert.is(format(28.69e6, 'bit/s'), '28.7 mbit');
  assert.is(format(Number.NaN, 's'), '-');
  assert.equal(
    [0.5, 1, 20].map((value) => formatTick(value, 's')),
    ['500 ms', '1 s', '20 s'],
  );
  assert.equal(
    [0.5, 1, 1.5].map((value) => formatTick(value, 'x')),
    ['0.5', '1', '1.5'],
  );
  assert.is(formatResult(row), '1.500 (1.400 to 1.75)'.replace('1.75', '1.750'));
  assert.is(formatTarget(row), 'at most 1.5');
  assert.is(formatTarget({ ...row, target: { least: 0.99, most: 1.01 } }), '0.99 to 1.01');
});

test('a table has no column that says nothing, and its cells stay cells', () => {
  const text = asMarkdown([row, { what: 'c', unit: 's', ours: 1, spread: [1, 1] }]);
  assert.is(
    text,
    `| what | virt-shaper | beside it | result | to reach | ok |
| --- | ---: | ---: | ---: | --- | --- |
| a \\| b | 30.0 ms | 20.0 ms | 1.500 (1.400 to 1.750) | at most 1.5 | yes |
| c | 1.00 s |  | 1.00 s |  |  |
`,
  );
});

const names = [
  'virt-shaper',
  'a much longer name of a series',
  'bare <b>, by another name that takes its room',
  'and one more of them',
  'and the last',
];
const plots: Plot[] = (['bars', 'stacked', 'lines'] as const).flatMap((kind) =>
  [false, true].map(
    (log): Plot => ({
      name: `${kind}-${log}`,
      kind,
      title: 'Packets <through> "the" bridge & back',
      unit: 'packets/s',
      axis: 'guests',
      labels: kind === 'lines' ? ['1', '100', '1,000'] : ['1', '100, what is told at length', '1,000'],
      series: names.map((name, index) => ({ name, values: [200 + 35000 * index, null, 0] })),
      log,
    }),
  ),
);

test('every kind of picture is well-formed, within its borders, and no text covers another', () => {
  for (const plot of plots) {
    const svg = draw(plot);
    assert.is(XMLValidator.validate(svg), true, plot.name);
    assert.not.match(svg, /NaN|Infinity|undefined/);
    const [, width = 0, height = 0] = (/viewBox="0 0 (\S+) (\S+)"/.exec(svg) ?? []).map(Number);
    const boxes = [...svg.matchAll(/<text ([^>]*)>([^<]*)</g)].map(([, attributes = '', words = '']) =>
      boxOf(attributes, words),
    );
    assert.ok(boxes.length > 8, plot.name);
    for (const [index, box] of boxes.entries()) {
      const inside = box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height;
      assert.ok(inside, `${plot.name}: ${JSON.stringify(box)}`);
      const covered = boxes.slice(0, index).find((other) => overlap(box, other));
      assert.is(covered, undefined, `${plot.name}: ${JSON.stringify([box, covered])}`);
    }
  }
});

interface Box {
  words: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** In DejaVu Sans, the widest of the fonts that are asked for, a letter is some 0.58 of its size wide. */
function boxOf(attributes: string, escaped: string): Box {
  const get = (name: string) => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1];
  const words = escaped.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
  const size = Number(get('font-size') ?? 12);
  const [x, y, width] = [Number(get('x')), Number(get('y')), words.length * size * 0.58];
  const left = x - width * ({ middle: 0.5, end: 1 }[get('text-anchor') ?? ''] ?? 0);
  return { words, left, right: left + width, top: y - size, bottom: y + size * 0.2 };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

test('an axis begins and ends at round values around all that is on it', () => {
  assert.equal(makeScale([0.42, 4.7]).ticks, [0, 1, 2, 3, 4, 5]);
  assert.equal(makeScale([84000, 5800]).ticks, [0, 20000, 40000, 60000, 80000, 100000]);
  assert.equal(makeScale([0.98, 1.01], false, 0.9).place(0.9), 0);
  const { place: low } = makeScale([0.02, 1.01], false, 0.9);
  assert.ok(low(0.02) > 0 && low(0.02) < 0.03, 'what is below where it would begin stands where it is');
  const { ticks, place } = makeScale([0.03, 0.3, 0], true);
  assert.equal(
    ticks.map((tick) => tick.toPrecision(1)),
    ['0.02', '0.05', '0.1', '0.2', '0.5'],
  );
  assert.is(place(0.02), 0);
  assert.ok(place(0.3) > 0.8 && place(0.3) < 1);
  assert.is(makeScale([1e-3, 10], true).ticks.length, 5);
  assert.ok(makeScale([], true).ticks.length > 1);
  assert.equal(makeScale([0]).ticks.length > 1, true);
});

const machine = {
  cpu: '2 x CPU',
  kernel: '6.1',
  nft: '1',
  iproute2: '6',
  node: '20',
  commit: 'abc',
  date: 'today',
  load: 0,
};
const result: Result = {
  name: 'hook',
  title: 'Hook',
  rows: [row],
  plots: plots.slice(2, 3),
  machine,
  quick: false,
  seconds: 1,
};

test('between its markers the page has the last results, and its text stays', () => {
  const page = (between: string) => `# Text
<!-- bench: machine -->
<!-- /bench -->
<!-- bench: hook -->
${between}<!-- /bench -->
Words.
<!-- bench: load -->
former
<!-- /bench -->
`;
  const filled = fill(page(''), [result]);
  assert.match(filled, '2 x CPU, Linux 6.1');
  assert.match(filled, '| a \\| b | 30.0 ms |');
  assert.match(filled, '](performance/stacked-false.svg)');
  assert.match(filled, plotAsMarkdown(plots[2] as Plot));
  assert.match(filled, 'Words.\n<!-- bench: load -->\nformer\n<!-- /bench -->');
  assert.is(fill(filled, [result]), filled, 'the same again');
  assert.is(fill(page('x\n'), [result]), filled, 'what was there is gone');
  assert.throws(() => fill('no markers', [result]), 'no place for hook');
});

test('what was not measured stays in the page, and so do its figures and pictures', () => {
  const top = mkdtempSync(join(tmpdir(), 'virt-shaper-docs-'));
  try {
    const read = (file: string) => readFileSync(join(top, 'docs', file), 'utf8');
    const names = ['hook', 'load'];
    mkdirSync(join(top, 'docs'));
    const places = names.map((name) => `<!-- bench: ${name} -->\n<!-- /bench -->\n`);
    writeFileSync(join(top, 'docs/performance.md'), places.join(''));
    const named = (name: string, ours: number): Result => ({
      ...result,
      name,
      rows: [{ ...row, ours }],
      plots: result.plots.map((plot) => ({ ...plot, name: `of-${name}` })),
    });
    const stored = () =>
      (JSON.parse(read('performance/results.json')) as Result[]).map(({ rows }) => rows[0]?.ours);
    writeDocs(top, [named('load', 2), named('hook', 1)], names);
    assert.equal(stored(), [1, 2]);
    const [page, picture] = [read('performance.md'), read('performance/of-load.svg')];
    writeDocs(top, [named('hook', 1)], names);
    assert.equal([read('performance.md'), read('performance/of-load.svg')], [page, picture]);
    writeDocs(top, [named('hook', 7)], names);
    assert.equal(stored(), [7, 2]);
    assert.match(read('performance.md'), '| 7.00 s |');
    assert.match(read('performance.md'), '| 2.00 s |');
    writeDocs(top, [], ['load']);
    assert.equal(stored(), [2], 'a section that there is no more');
    assert.throws(() => writeDocs(top, [{ ...named('load', 3), quick: true }], names), 'do not count');
  } finally {
    rmSync(top, { recursive: true });
  }
});

test('the page of the repository has a place for every section, and every picture it shows', () => {
  const page = readFileSync(join(top, 'docs/performance.md'), 'utf8');
  const places = [...page.matchAll(/^<!-- bench: ([\w-]+) -->\n.*?^<!-- \/bench -->$/gms)].map(
    ([, name]) => name,
  );
  assert.equal(places, ['machine', 'short', ...Object.keys(sections), 'figures']);
  const [, words = ''] = page.match(/Words\s+pick sections: ([^.]*)\./) ?? [];
  assert.equal(words.match(/[\w-]+/g), Object.keys(sections), 'the words that pick sections');
  const named = [...page.matchAll(/\]\(performance\/([\w.-]+)\)/g)].map(([, name = '']) => name);
  const there = named.length === 0 ? [] : readdirSync(join(top, 'docs/performance'));
  for (const name of named) assert.ok(there.includes(name), name);
});

test('tables and pictures of the repository are those of the figures beside them', () => {
  const read = (path: string) => readFileSync(join(top, 'docs', path), 'utf8');
  const results = JSON.parse(read('performance/results.json')) as Result[];
  const measured = results.map(({ name }) => name);
  assert.equal(
    measured,
    Object.keys(sections).filter((name) => measured.includes(name)),
  );
  const page = read('performance.md');
  assert.is(fill(page, results), page);
  for (const [, name = '', between] of page.matchAll(/<!-- bench: ([\w-]+) -->\n(.*?)<!-- \/bench -->/gs)) {
    const isMade = measured.includes(name) || ['machine', 'short', 'figures'].includes(name);
    assert.is(between !== '', isMade, `${name}: figures of a run, or none`);
  }
  for (const plot of results.flatMap(({ plots }) => plots))
    assert.is(draw(plot), read(`performance/${plot.name}.svg`), plot.name);
});

test('the time of a run goes to whose code is running, or to who is waited for', () => {
  const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 5 });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 3, 4] },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('writeSync', 'node:fs') },
      { id: 4, callFrame: frame('(program)') },
    ],
    startTime: 1000,
    samples: [2, 2, 3, 4],
    timeDeltas: [0, 400, 300, 200],
  };
  const children = [
    { tool: 'tc', began: 900, ended: 1350 },
    { tool: '/usr/sbin/nft', began: 1000, ended: null },
  ];
  const shares = sharesOf({ bootstrapped: 900, exit: 2000, peak: 0, children, profile });
  const parts = Object.fromEntries([...shares].map(([part, share]) => [part, Math.round(share * 1000)]));
  assert.equal(parts, {
    'loading modules': 100,
    'waiting for tc and ip': 200,
    'waiting for nft': 500,
    files: 200,
    'everything else': 0,
  });
});

test('a line of the bundle is told by the file it is from', () => {
  const bundle = 'banner\n// src/units.ts\nvar a;\n  // a comment\n// node_modules/toml/index.js\nvar b;';
  assert.equal(namesOfLines(bundle), [
    '',
    ...Array(3).fill('src/units.ts'),
    ...Array(2).fill('node_modules/toml/index.js'),
  ]);
});

test('what is played back is what was recorded, its failures too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-bench-'));
  try {
    writeFileSync(join(folder, 'in'), 'words\n');
    const good = { tool: 'grep', args: ['-q', "it's"], status: 1 };
    const replay = (calls: Parameters<typeof writeReplay>[1]) => {
      const file = writeReplay(join(folder, 'replay.sh'), calls, ['true']);
      assert.ok(statSync(file).mode & 0o100);
      return spawnSync('sh', [file]).status;
    };
    assert.is(replay([good]), 0);
    const fine = { tool: 'true', args: [], status: 0 };
    assert.is(replay([{ ...good, status: 0 }, fine]), 1);
    assert.is(replay([{ ...fine, status: 1 }, fine]), 1);
    assert.is(
      replay([{ tool: 'grep', args: ['-q', 'words'], stdin: join(folder, 'in'), status: 0 }, good]),
      0,
    );
    assert.is(isChange({ tool: 'nft', args: ['-f', 'x'], status: 0 }), true);
    assert.is(isChange({ tool: 'nft', args: ['-c', '-f', 'x'], status: 0 }), false);
    assert.is(isChange({ tool: 'tc', args: ['-d', 'class', 'show', 'dev', 'eth0'], status: 0 }), false);
    const batch = (text: string, args = ['-d', '-force', '-batch', '-']) => {
      writeFileSync(join(folder, 'in'), text);
      return isChange({ tool: 'tc', args, stdin: join(folder, 'in'), status: 0 });
    };
    assert.is(batch('class show dev a\nqdisc show dev lo\n'), false);
    assert.is(batch('class show dev a\nclass add dev a parent 1: classid 1:2 htb rate 1mbit\n'), true);
    assert.is(batch('qdisc show dev lo\n', ['-batch', join(folder, 'in')]), false);
    assert.is(batch('qdisc add dev lo clsact\n', ['-batch', join(folder, 'in')]), true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
