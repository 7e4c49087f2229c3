// A section's rows as a table: for a terminal, and for Markdown.
import { table } from '../../src/text/table.ts';
import { format, formatResult, formatTarget } from './format.ts';
import type { Plot, Row, Section } from './section.ts';
import { isMet } from './statistics.ts';

const verdicts = new Map([
  [true, 'yes'],
  [false, 'NO'],
  [undefined, ''],
]);

const columns: { title: string; right?: boolean; cell: (row: Row) => string }[] = [
  { title: 'what', cell: ({ what }) => what },
  { title: 'virt-shaper', right: true, cell: ({ ours, unit }) => format(ours, unit) },
  {
    title: 'beside it',
    right: true,
    cell: ({ bare, unit }) => (bare === undefined ? '' : format(bare, unit)),
  },
  { title: 'which is', cell: ({ bareIs }) => bareIs ?? '' },
  { title: 'result', right: true, cell: formatResult },
  { title: 'to reach', cell: formatTarget },
  { title: 'ok', cell: (row) => verdicts.get(isMet(row)) ?? '' },
  { title: 'note', cell: ({ note }) => note ?? '' },
];

/** Columns that say nothing in any row are left out. */
function telling(rows: Row[]): typeof columns {
  return columns.filter(({ cell }) => rows.some((row) => cell(row) !== ''));
}

export function asText({ title, rows, plots }: Section, colours: boolean): string {
  const toned = telling(rows).map((column) => ({
    ...column,
    cell: (row: Row) => ({
      text: column.cell(row),
      ...(isMet(row) === false ? { tone: 'problem' as const } : {}),
    }),
  }));
  const series = plots.filter(isTable).map((plot) => {
    const [head = [], ...lines] = cells(plot);
    const titled = head.map((name, index) => ({
      title: name,
      right: index > 0,
      cell: (line: string[]) => line[index] ?? '',
    }));
    return `\n${plot.title}\n${table(lines, titled, { colours })}`;
  });
  return `\n${title}\n${table(rows, toned, { colours })}${series.join('')}`;
}

export function asMarkdown(rows: Row[]): string {
  const shown = telling(rows);
  return markdown(
    [shown.map(({ title }) => title), ...rows.map((row) => shown.map(({ cell }) => cell(row)))],
    shown.map(({ right = false }) => right),
  );
}

/** The values of a picture; nothing where its section's rows have them. */
export function plotAsMarkdown(plot: Plot): string {
  if (!isTable(plot)) return '';
  const all = cells(plot);
  return markdown(all, all[0]?.map((_, index) => index > 0) ?? []);
}

function isTable({ kind }: Plot): boolean {
  return kind !== 'bars';
}

function cells({ axis = '', labels, series, unit }: Plot): string[][] {
  const lines = series.map(({ name, values }) => [
    name,
    ...values.map((value) => (value === null ? '' : format(value, unit))),
  ]);
  return [[axis, ...labels], ...lines];
}

function markdown([head = [], ...lines]: string[][], right: boolean[]): string {
  const line = (texts: string[]) =>
    `| ${texts.map((one) => one.trim().replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(right.map((to) => (to ? '---:' : '---'))), ...lines.map(line), ''].join('\n');
}
