// Figures, bars, lines and tables of the screen: each step from one unit or column to the next.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { barText, drawnBar, halvesOf } from '../../../src/text/bar.ts';
import {
  atCeil,
  formatAge,
  formatBytes,
  formatCount,
  formatSet,
  formatShare,
  formatSpeed,
} from '../../../src/text/figures.ts';
import { counted } from '../../../src/text/label.ts';
import { figure, percent, setting } from '../../../src/text/short-figures.ts';
import {
  fit,
  fitLine,
  type Line,
  lineWidth,
  paint,
  textOf,
  widthOf,
  wrap,
  wrapLine,
} from '../../../src/text/spans.ts';
import { paintCell, table } from '../../../src/text/table.ts';

test('three digits that count, in every unit', () => {
  const steps: [number, string][] = [
    [0.49, '0'],
    [0.5, '1bit'],
    [9, '9bit'],
    [99, '99bit'],
    [999, '999bit'],
    [999.5, '1.00kbit'],
    [1000, '1.00kbit'],
    [9994, '9.99kbit'],
    [9995, '10.0kbit'],
    [99_940, '99.9kbit'],
    [99_950, '100kbit'],
    [999_499, '999kbit'],
    [999_500, '1.00mbit'],
    [1e9, '1.00gbit'],
    [1e12, '1.00tbit'],
    [1e15, '1000tbit'],
  ];
  for (const [bits, text] of steps) assert.is(formatSpeed(bits), text, String(bits));
  assert.equal([1, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18].map(formatBytes), [
    ...['1B', '1.00kB', '1.00MB', '1.00GB', '1.00TB', '1.00PB', '1000PB'],
  ]);
  assert.equal([0, 999_999, 1e6, 1e9, 1e12, 1e15].map(formatCount), [
    ...['0', '999999', '1.00M', '1.00G', '1.00T', '1000T'],
  ]);
  assert.equal([12_345_678, 1_234_567, 123_456, 15e6].map(formatSet), [
    '12.3mbit',
    '1.23mbit',
    '123kbit',
    '15mbit',
  ]);
  assert.equal(
    [1234_000, 12_345_000].map(formatSet),
    ['1234kbit', '12.3mbit'],
    'exact in up to eight characters',
  );
});

test('how long ago: seconds, minutes, hours and days, each from two on', () => {
  const second = 1000;
  const ages: [number, string][] = [
    [0, '0 s ago'],
    [999, '0 s ago'],
    [-999, '0 s ago'],
    [1 * second, '1 s ago'],
    [119 * second, '119 s ago'],
    [120 * second, '2 min ago'],
    [7199 * second, '119 min ago'],
    [7200 * second, '2 h ago'],
    [172_799 * second, '47 h ago'],
    [172_800 * second, '2 d ago'],
    [-1 * second, 'in 1 s, by a clock that was set back'],
  ];
  for (const [since, text] of ages) assert.is(formatAge(since), text);
});

test('shares, and how many', () => {
  assert.equal([0, 0.001, 0.0049, 0.005, 0.5, 0.994, 0.996, 1, 1.2].map(formatShare), [
    ...['0 %', '< 1 %', '< 1 %', '1 %', '50 %', '99 %', '100 %', '100 %', '120 %'],
  ]);
  assert.equal([undefined, 0, 0.004, 0.005, 0.5, 1].map(percent), ['-', '0%', '0%', '1%', '50%', '100%']);
  assert.equal(
    [0, 1, 2].map((count) => counted(count, 'guest')),
    ['0 guests', '1 guest', '2 guests'],
  );
  assert.is(atCeil, 0.97);
});

test('short figures in every unit', () => {
  assert.equal([1, 999, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18].map(figure), [
    ...['1', '999', '1.00k', '1.00M', '1.00G', '1.00T', '1.00P', '1000P'],
  ]);
  assert.equal([9.994e3, 9.995e3, 99.94e3, 99.95e3, 999.4e3, 999.5e3].map(figure), [
    ...['9.99k', '10.0k', '99.9k', '100k', '999k', '1.00M'],
  ]);
  assert.equal([undefined, 0, 100, 1e3, 1.5e3, 1.05e3, 10e3, 10.5e3, 100e3].map(setting), [
    ...['-', '0', '100', '1k', '1.5k', '1.05k', '10k', '10.5k', '100k'],
  ]);
});

test('a bar in halves of a column, from half a percent on', () => {
  const halves = (now: number, ceil = 1000, width = 10) => halvesOf(now, ceil, width);
  assert.equal(
    [0, 4.9, 5, 24, 25, 74, 75, 500, 1000, 2000].map((now) => halves(now)),
    [0, 0, 1, 1, 1, 1, 2, 10, 20, 20],
  );
  assert.equal([halves(5, 0), halves(0, 0), halves(500, 1000, 1)], [0, 0, 1]);
  assert.equal(
    [0, 1, 2, 3, 4].map((count) => barText(count, drawnBar)),
    ['', '╸', '━', '━╸', '━━'],
  );
});

test('a text in so many columns: padded, or cut with an ellipsis', () => {
  assert.equal(
    [fit('abc', 5), fit('abc', 5, 'right'), fit('abc', 3), fit('abc', 2), fit('abc', 1), fit('abc', 0)],
    [...['abc  ', '  abc', 'abc', 'a…', '…', '']],
  );
  assert.equal(
    [fit('名前', 4), fit('名前', 5), fit('名前', 3), fit('名前', 2)],
    ['名前', '名前 ', '名…', '… '],
  );
  assert.equal([widthOf('abc'), widthOf('名前'), widthOf('━…▲'), widthOf('e\u0301')], [3, 4, 3, 1]);
});

test('a line in so many columns: each span as far as it goes', () => {
  const line: Line = [{ text: 'abc', style: 'strong' }, { text: 'def' }];
  assert.equal(fitLine(line, 8), [...line, { text: '  ', style: 'plain' }]);
  assert.equal(fitLine(line, 7, 'head'), [...line, { text: ' ', style: 'head' }]);
  assert.equal(fitLine(line, 6), line);
  assert.equal(fitLine(line, 5), [{ text: 'abc', style: 'strong' }, { text: 'd…' }]);
  assert.equal(fitLine(line, 3), [{ text: 'abc', style: 'strong' }]);
  assert.equal(fitLine(line, 2), [{ text: 'a…', style: 'strong' }]);
  assert.equal(fitLine(line, 0), []);
  assert.equal([lineWidth(line), textOf(line)], [6, 'abcdef']);
});

test('a text is broken at blanks, and a longer word stands alone', () => {
  assert.equal(wrap('aa bb cc', 5), ['aa bb', 'cc']);
  assert.equal(wrap('aa bb cc', 4), ['aa', 'bb', 'cc']);
  assert.equal(wrap('aaaaaaaa b', 4), ['aaaaaaaa', 'b']);
  assert.equal(wrap('名前 a', 5), ['名前', 'a']);
  assert.equal(wrap('', 5), ['']);
});

test('a line of spans is broken with its later lines indented', () => {
  const lines = (text: string, width: number) => wrapLine([{ text }], width).map(textOf);
  assert.equal(lines('aa bb', 5), ['aa bb']);
  assert.equal(lines('aa bb cc dd', 8), ['aa bb cc', '    dd']);
  assert.equal(lines('  aa bb cc dd', 13), ['  aa bb cc dd']);
  assert.equal(lines('  aa bb cc dd', 12), ['  aa bb cc', '      dd']);
  assert.equal(lines('aa bb cc', 5), ['aa bb', '  cc'], 'no further than half of the width');
  const spans: Line = [
    { text: 'aa ', style: 'strong' },
    { text: 'bb cc', style: 'dim' },
  ];
  assert.equal(wrapLine(spans, 6), [
    [
      { text: 'aa', style: 'strong' },
      { text: ' ', style: 'strong' },
      { text: 'bb', style: 'dim' },
    ],
    [{ text: '   ' }, { text: 'cc', style: 'dim' }],
  ]);
});

test('styles as escape sequences, with colours and without', () => {
  const styles = ['plain', 'strong', 'dim', 'head', 'chosen', 'below', 'above', 'full', 'warning'] as const;
  const codes = (colours: boolean) =>
    styles.map((style) =>
      paint([{ text: 'x', style }], colours)
        .replace('x', '')
        .replace('\u001b[0m', '')
        .slice(2, -1),
    );
  assert.equal(codes(true), ['', '1', '2', '7', '1;7;36', '32', '33', '31', '1;33']);
  assert.equal(codes(false), ['', '1', '', '7', '1;7;4', '', '', '1', '1']);
  assert.is(paint([{ text: 'a', style: 'strong' }, { text: 'b' }], true), '\u001b[1ma\u001b[0mb');
  assert.is(
    paint([{ text: '名' }, { text: 'b' }, { text: 'c' }], true),
    '名\u001b[3Gbc',
    'after a wide character the column is said',
  );
  assert.is(paint([{ text: 'ab' }, { text: '名' }, { text: 'c' }], true), 'ab名\u001b[5Gc');
});

const columns = [
  { title: 'NAME', cell: ([name]: string[]) => name ?? '', least: 4 },
  { title: 'N', right: true, cell: ([, number]: string[]) => number ?? '', worth: 1 },
  { title: 'LAST', cell: ([, , last]: string[]) => last ?? '', worth: 2 },
];
const rows = [
  ['alpha', '1', 'x'],
  ['be', '22', ''],
];

test('a table: columns as wide as their widest cell, and no blank at the end of a line', () => {
  const text = (width?: number) => table(rows, columns, { colours: false, ...(width ? { width } : {}) });
  const whole = 'NAME    N  LAST\nalpha   1  x\nbe     22\n';
  assert.equal([text(), text(15)], [whole, whole]);
  assert.is(text(14), 'NAME   LAST\nalpha  x\nbe\n');
  assert.is(text(11), 'NAME   LAST\nalpha  x\nbe\n');
  assert.is(text(10), 'NAME\nalpha\nbe\n');
  assert.equal([text(5), text(4), text(3)], ['NAME\nalpha\nbe\n', 'NAME\nalp…\nbe\n', 'NAME\nalp…\nbe\n']);
  assert.is(table([], columns, { colours: false }), 'NAME  N  LAST\n');
});

test('the tones of cells', () => {
  const tones = ['plain', 'strong', 'dim', 'warning', 'problem'] as const;
  const codes = tones.map((tone) => paintCell({ text: 'x', tone }, { colours: true }));
  assert.equal(codes, ['x', ...['1', '2', '33', '1;31'].map((code) => `\u001b[${code}mx\u001b[0m`)]);
  assert.equal(
    tones.map((tone) => paintCell({ text: 'x', tone }, { colours: false })),
    Array(5).fill('x'),
  );
  assert.is(paintCell({ text: '', tone: 'strong' }, { colours: true }), '');
  assert.is(paintCell({ text: 'x' }, { colours: true }), 'x');
  const wide = table([['名前', '1', 'x']], columns, { colours: true });
  assert.is(wide, '\u001b[1mNAME\u001b[0m  \u001b[1mN\u001b[0m  \u001b[1mLAST\u001b[0m\n名前  1  x\n');
});

test.run();
