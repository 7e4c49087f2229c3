// Which columns of each table a narrower screen loses, and in which order: what says least goes first.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { foresee } from '../../../src/policy/foresee.ts';
import { reportCheck } from '../../../src/report/check.ts';
import { reportOverrides } from '../../../src/report/overrides.ts';
import { reportStatus } from '../../../src/report/status.ts';
import { reportTree } from '../../../src/report/tree.ts';
import type { UsageRow } from '../../../src/report/usage/rows.ts';
import { usageText } from '../../../src/report/usage/usage.ts';
import { asked, makeInUse } from '../../support/in-use.ts';
import { readToml } from '../../support/world.ts';

const inUse = makeInUse([{ name: 'cliff', group: 'friends' }, { name: 'jason' }]);

/** @returns what each step to a narrower screen loses */
function lost(head: (width: number) => string): string[] {
  const titles = (width: number) => head(width).trim().split(/ {2,}/);
  const steps: string[] = [];
  for (let width = 200; width > 1; width -= 1) {
    const [had, has] = [titles(width), titles(width - 1)];
    if (had.length <= has.length) continue;
    const left = [...has];
    // The same title may be there twice.
    const gone = had.filter((title) => !(left.includes(title) && left.splice(left.indexOf(title), 1)));
    steps.push(gone.join(', '));
  }
  return steps;
}

test('status: with one uplink that goes first, with two it is kept longer', () => {
  const line = (uplinks: typeof inUse.uplinks) => (width: number) =>
    reportStatus({ ...inUse, uplinks }, asked, { width, colours: false }, 0).split('\n')[
      2 + uplinks.length
    ] ?? '';
  const rest = ['BACKLOG', 'OUT RATE, IN RATE', 'DROPPED', 'GROUP'];
  assert.equal(lost(line(inUse.uplinks)), ['UPLINK', ...rest, 'OUT CEIL, IN CEIL']);
  const two = [...inUse.uplinks, ...inUse.uplinks];
  assert.equal(lost(line(two)), [...rest, 'UPLINK', 'OUT CEIL, IN CEIL']);
});

test('tree: the bar, the backlog, what was dropped, the class, the rate, and last the share', () => {
  const head = (width: number) => reportTree(inUse, { width, colours: false }).split('\n')[0] ?? '';
  const wide = (width: number) => head(Math.max(60, width));
  assert.equal(lost(wide), ['BACKLOG', 'DROPPED', 'CLASS']);
  const [narrow, ...others] = [59, 58, 50, 42].map((width) => head(width).trim().split(/ {2,}/).slice(1));
  assert.equal(narrow, ['CLASS', 'RATE', 'CEIL', 'NOW', 'OF CEIL'], 'a short title leaves room');
  assert.equal(others, [
    ['RATE', 'CEIL', 'NOW', 'OF CEIL'],
    ['CEIL', 'NOW', 'OF CEIL'],
    ['CEIL', 'NOW'],
  ]);
  const bars = (width: number) => reportTree(inUse, { width, colours: false }).includes('╸');
  assert.equal([92, 91].map(bars), [true, false], 'before any figure');
  assert.equal(
    [head(60).startsWith('eth0 (br0), sending'), head(59).startsWith('eth0, sending')],
    [true, true],
  );
});

test('limits: since when, the state, by whom, and last why', () => {
  const one = {
    kind: 'guest' as const,
    name: 'a-long-name',
    ceil: { out: 5e6, in: 5e6 },
    since: 0,
    by: 'alice',
    why: 'an abuse report',
    isInForce: true,
  };
  const head = (width: number) => reportOverrides([one], { width, colours: false }).split('\n')[0] ?? '';
  assert.equal(lost(head), ['SINCE', 'STATE', 'BY', 'WHY']);
});

test('usage: the group, the percentiles, and last the sum', () => {
  const row: UsageRow = {
    kind: 'guest',
    name: 'a-long-name',
    group: 'friends',
    time: '2026-11',
    used: { out: 1e9, in: 2e9 },
    p95: { out: 1e6, in: 2e6 },
  };
  const report = { from: '2026-11-01', until: '2026-11-30', p95: true, rows: [row] };
  const head = (width: number) => usageText(report, { width, colours: false }).split('\n')[2] ?? '';
  assert.equal(lost(head), ['GROUP', 'OUT 95 %, IN 95 %', 'BOTH']);
});

test('check: where it is written, then what changes it for a time', () => {
  const toml = `[guest.cliff]
rate = "1mbit"
ceil = "20mbit"
[[guest.cliff.when]]
time = "sun"
ceil = "10mbit"
`;
  const config = readToml(toml);
  const head = (width: number) =>
    reportCheck(foresee(config, new Map()), config, 'config.toml', { width, colours: false }).split(
      '\n',
    )[0] ?? '';
  assert.equal(lost(head), ['WRITTEN', 'FOR A TIME']);
});

test('a name is cut to eight columns at the least', () => {
  const long = makeInUse([{ name: 'a-name-of-some-length' }]);
  const name = (width: number) =>
    (reportStatus(long, asked, { width, colours: false }, 0).split('\n')[4] ?? '').split(' ')[0];
  assert.equal([name(200), name(40), name(20)], ['a-name-of-some-length', 'a-name-of-s…', 'a-name-…']);
});

test.run();
