// The page of usage: its figures, its chart and its words, as a customer reads them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asHtml, type PageGuest, pageHead, usagePage } from '../../../src/report/usage/page.ts';
import { pageStyle } from '../../../src/report/usage/page-style.ts';

const made = (days: Record<string, [number, number]>, more: Partial<PageGuest> = {}): PageGuest => ({
  name: 'web',
  kind: 'guest',
  days: new Map(Object.entries(days).map(([date, [out, into]]) => [date, { out, in: into }])),
  used: { out: 5e9, in: 1e9 },
  p95: { out: 1e7, in: 2e6 },
  ...more,
});
const page = (guests: PageGuest[], until?: string, month = '2026-02') =>
  usagePage({ month, guests, ...(until === undefined ? {} : { until }) });
const all = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, ...found]) => found.join(' '));

test('the title names the guest where there is one only', () => {
  const title = (...guests: PageGuest[]) => all(page(guests), /<title>([^<]*)<\/title>\n/g)[0];
  assert.is(title(made({})), 'web: Usage in February 2026');
  assert.is(title(made({}), made({})), 'Usage in February 2026');
  assert.is(title(), 'Usage in February 2026');
  assert.is(all(page([made({})]), /<h1>(.*)<\/h1>/g)[0], 'Usage in February 2026');
  assert.ok(page([]).startsWith(`${pageHead}\n<html lang="en">\n`));
  assert.match(page([], undefined, '2026-12'), 'Usage in December 2026');
});

test('until when it is counted, and what the figures are', () => {
  const foot = (until?: string) =>
    page([made({})], until).match(/<footer>\n<p>([\s\S]*)<\/p>\n<\/footer>/)?.[1];
  const words = (when: string) =>
    'Bytes are whole Ethernet frames as they were delivered, 1 GB is 10<sup>9</sup> bytes. The 95th percentile is of the ' +
    `averages over five minutes of the ${when}: all but the highest twentieth of them are at most this. It is told within 1.1&#8239;%.`;
  assert.is(foot()?.replaceAll('\n', ' '), words('whole month'));
  assert.is(foot('2026-02-08 10:00')?.replaceAll('\n', ' '), words('month so far'));
  assert.match(page([], '2026-02-08 10:00'), '<p>Counted until 2026-02-08 10:00. The month goes on.</p>');
  assert.not.match(page([]), 'Counted until');
});

test('one guest has its figures; of several there is a table of all above', () => {
  const one = page([made({})]);
  assert.not.match(one, '<table class="all">');
  assert.equal(all(one, /<dd>(.*?)<\/dd>/g), [
    '5.00\u202fGB',
    '1.00\u202fGB',
    '6.00\u202fGB',
    '10.0\u202fMbit/s',
    '2.00\u202fMbit/s',
  ]);
  assert.equal(all(one, /<dt>(?:<i class="\w+"><\/i>)?(.*?)<\/dt>/g), [
    'Sent',
    'Received',
    'Both',
    '95th percentile, sent',
    '95th percentile, received',
  ]);
  const two = page([
    made({}),
    made({}, { name: 'db', used: { out: 1, in: 0 }, p95: { out: 999, in: 1.5e9 } }),
  ]);
  const [, rows = ''] = two.match(/<table class="all">[\s\S]*?<tbody>\n([\s\S]*?)<\/tbody>/) ?? [];
  assert.equal(all(rows, /<(?:td|th scope="row")>(.*?)</g), [
    ...['web', '5.00\u202fGB', '1.00\u202fGB', '6.00\u202fGB', '10.0\u202fMbit/s', '2.00\u202fMbit/s'],
    ...['db', '1\u202fB', '0', '1\u202fB', '999\u202fbit/s', '1.50\u202fGbit/s'],
  ]);
});

test('speeds have the letters of an invoice', () => {
  const speed = (out: number) =>
    all(page([made({}, { p95: { out, in: 0 } })]), /sent<\/dt><dd>(.*?)<\/dd>/g)[0];
  assert.equal([0, 5, 5e3, 5e6, 5e9, 5e12].map(speed), [
    '0',
    '5\u202fbit/s',
    '5.00\u202fkbit/s',
    '5.00\u202fMbit/s',
    '5.00\u202fGbit/s',
    '5.00\u202fTbit/s',
  ]);
});

test('day by day: those that were counted, in their order', () => {
  const text = page([made({ '28': [3e9, 2e6], '01': [1000, 0] })]);
  assert.equal(all(text, /<th scope="row">(2026.*?)<\/th><td>(.*?)<\/td><td>(.*?)<\/td>/g), [
    '2026-02-01 1.00\u202fkB 0',
    '2026-02-28 3.00\u202fGB 2.00\u202fMB',
  ]);
  assert.equal(all(text, /<g><title>(.*?)<\/title>/g), [
    '2026-02-01: sent 1.00\u202fkB, received 0',
    '2026-02-28: sent 3.00\u202fGB, received 2.00\u202fMB',
  ]);
});

test('the scale has round steps, five at the most, and ends above the largest day', () => {
  const scale = (most: number) => all(page([made({ '01': [most, 0] })]), /text-anchor="end">(.*?)<\/text>/g);
  const wanted: [number, string[]][] = [
    [0, ['0', '0', '0', '1\u202fB', '1\u202fB', '1\u202fB']],
    [1e9, ['0', '200\u202fMB', '400\u202fMB', '600\u202fMB', '800\u202fMB', '1.00\u202fGB']],
    [2e9, ['0', '500\u202fMB', '1.00\u202fGB', '1.50\u202fGB', '2.00\u202fGB']],
    [2.5e9, ['0', '500\u202fMB', '1.00\u202fGB', '1.50\u202fGB', '2.00\u202fGB', '2.50\u202fGB']],
    [2.6e9, ['0', '1.00\u202fGB', '2.00\u202fGB', '3.00\u202fGB']],
    [5e9, ['0', '1.00\u202fGB', '2.00\u202fGB', '3.00\u202fGB', '4.00\u202fGB', '5.00\u202fGB']],
    [5.1e9, ['0', '2.00\u202fGB', '4.00\u202fGB', '6.00\u202fGB']],
    [9.9e9, ['0', '2.00\u202fGB', '4.00\u202fGB', '6.00\u202fGB', '8.00\u202fGB', '10.0\u202fGB']],
  ];
  for (const [most, marks] of wanted) assert.equal(scale(most), marks, String(most));
  assert.equal(
    all(page([made({ '01': [0, 2e9] })]), /text-anchor="end">(.*?)<\/text>/g).at(-1),
    '2.00\u202fGB',
    'the larger direction counts',
  );
});

test('the chart: lines from the left to the right, and the top one below the edge', () => {
  const text = page([made({ '01': [2e9, 1e9] })]);
  assert.match(
    text,
    '<svg viewBox="0 0 760 212" role="img" aria-label="Bytes sent and received by web, day by day">',
  );
  const lines = all(text, /<line x1="(\d+)" x2="(\d+)" y1="([\d.]+)" y2="([\d.]+)"\/>/g);
  assert.equal(lines, [
    '64 760 190 190',
    '64 760 144.5 144.5',
    '64 760 99 99',
    '64 760 53.5 53.5',
    '64 760 8 8',
  ]);
  assert.equal(all(text, /<text x="([\d.]+)" y="([\d.]+)" text-anchor="end">/g), [
    '56 194',
    '56 148.5',
    '56 103',
    '56 57.5',
    '56 12',
  ]);
});

test('two bars a day, side by side in the middle of it, as high as what was counted', () => {
  const bars = (days: Record<string, [number, number]>, month?: string) =>
    all(
      page([made(days)], undefined, month),
      /<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="(\d)"\/>/g,
    );
  assert.equal(bars({ '01': [2e9, 1e9], '28': [1e9, 2e9] }), [
    'out 67 8 8.9 182 1',
    'in 76.9 99 8.9 91 1',
    'out 738.2 99 8.9 91 1',
    'in 748.1 8 8.9 182 1',
  ]);
  assert.equal(
    bars({ '01': [2e9, 0], '02': [1, 2e9] }).map((bar) => bar.split(' ')[0]),
    ['out', 'in'],
    'no bar without height',
  );
  assert.is(bars({ '01': [2e9, 0] }, '2026-01')[0], 'out 66.6 8 8.1 182 1', 'narrower in a longer month');
});

test('the days below: the first and every fifth', () => {
  const ticks = (month: string, days: Record<string, [number, number]> = {}) =>
    all(
      page([made(days)], undefined, month),
      /<text x="([\d.]+)" y="206" text-anchor="middle">(\d+)<\/text>/g,
    );
  assert.equal(ticks('2026-02'), ['76.4 1', '175.9 5', '300.1 10', '424.4 15', '548.7 20', '673 25']);
  assert.equal(
    ticks('2026-01').map((tick) => tick.split(' ')[1]),
    ['1', '5', '10', '15', '20', '25', '30'],
  );
  assert.is(ticks('2026-02', { '05': [1e9, 1] }).length, 6, 'also below a day with bars');
});

test('the page is as wide as is good to read, and printable', () => {
  const rules = [
    'max-width: 58rem; padding: 2rem 1.25rem',
    'font: 16px/1.5 system-ui',
    'h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }',
    'h2 { margin: 0 0 .75rem; font-size: 1.15rem;',
    'header p { margin: .25rem 0 0; }',
    'margin-top: 1.5rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px;',
    'gap: .75rem 2rem; margin: 0 0 1rem;',
    'dd { margin: 0; font-size: 1.2rem; font-weight: 600;',
    'i { display: inline-block; width: .65em; height: .65em; margin-right: .45em; border-radius: 2px; }',
    'svg { display: block; width: 100%; height: auto; }',
    'svg text { fill: var(--soft); font-size: 12px;',
    'svg line { stroke: var(--line); stroke-width: 1; }',
    'table { width: 100%; border-collapse: collapse;',
    'border-spacing: 0;',
    'th:first-child { text-align: left; font-weight: 500;',
    'thead th { color: var(--soft); font-weight: 500;',
    'tbody tr + tr > * { border-top: 1px solid var(--line); }',
    'footer { margin-top: 1.5rem; }',
    '@media (max-width: 34rem) { table.all { display: block; overflow-x: auto; } }',
    '@media print { body { max-width: none; padding: 0; } section { break-inside: avoid; } details { display: none; } }',
  ];
  for (const rule of rules) assert.ok(pageStyle.includes(rule), rule);
});

test('what HTML would take for itself is text, and what no page may have is not there', () => {
  assert.is(asHtml(`a&b<c>d"e'f`), 'a&#38;b&#60;c&#62;d&#34;e&#39;f');
  assert.is(asHtml('a\u2028b\u202ec'), 'a\ufffdb\ufffdc');
  assert.match(page([made({}, { name: 'a&b' })]), 'Bytes sent and received by a&#38;b, day by day');
});

test.run();
