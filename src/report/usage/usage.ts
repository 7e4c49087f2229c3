// The report of `usage` as a table, as CSV and as JSON.

import { formatBytes, formatSpeed } from '../../text/figures.ts';
import { label } from '../../text/label.ts';
import { type Column, type Screen, table } from '../../text/table.ts';
import { formatMinute } from '../../units/clock.ts';
import { type Day, lengthOf, monthOf } from '../../units/days.ts';
import { dataVersion } from '../in-use-data.ts';
import type { UsageRow } from './rows.ts';

export interface UsageReport {
  from: Day;
  until: Day;
  /** Until when it is counted, in milliseconds since 1970; absent where nothing was ever counted. */
  counted?: number;
  p95: boolean;
  rows: UsageRow[];
}

export function usageText(report: UsageReport, screen: Screen): string {
  const { from, until, counted, rows, p95 } = report;
  const time = spokenTime(from, until);
  const clock = counted === undefined ? '' : `, counted until ${formatMinute(counted)}`;
  if (rows.length === 0) return `${time}${clock}: nothing was used\n`;
  return `${time}${clock}\n\n${table(rows, columnsFor(rows, p95), screen)}`;
}

function spokenTime(from: Day, until: Day): string {
  const month = monthOf(from);
  if (from === `${month}-01` && until === `${month}-${lengthOf(month)}`) return month;
  return from === until ? from : `${from} to ${until}`;
}

function columnsFor(rows: UsageRow[], p95: boolean): Column<UsageRow>[] {
  const [{ kind } = { kind: 'guest' as const }] = rows;
  const isMixed = rows.some((row) => row.kind !== kind);
  const bytes = (title: string, value: (row: UsageRow) => number, worth?: number): Column<UsageRow> => ({
    title,
    right: true,
    cell: (row) => formatBytes(value(row)),
    ...(worth === undefined ? {} : { worth }),
  });
  const speed = (title: string, way: 'out' | 'in'): Column<UsageRow> => ({
    title,
    right: true,
    cell: ({ p95: peaks }) => (peaks ? formatSpeed(peaks[way]) : '-'),
    worth: 4,
  });
  const columns: (Column<UsageRow> | false)[] = [
    rows.some(({ time }) => time !== undefined) && { title: 'TIME', cell: ({ time }) => time ?? '-' },
    isMixed
      ? { title: 'WHAT', cell: (row) => `${words[row.kind]} ${label(row.name)}` }
      : { title: kind.toUpperCase(), cell: ({ name }) => label(name), least: 8 },
    rows.some(({ group }) => group !== undefined) && {
      title: 'GROUP',
      cell: ({ group }) => (group === undefined ? '-' : label(group)),
      worth: 3,
    },
    bytes('OUT', ({ used }) => used.out),
    bytes('IN', ({ used }) => used.in),
    bytes('BOTH', ({ used }) => used.out + used.in, 5),
    p95 && speed('OUT 95 %', 'out'),
    p95 && speed('IN 95 %', 'in'),
  ];
  return columns.filter((column) => column !== false);
}

const words = {
  guest: 'guest',
  group: 'group',
  uplink: 'uplink',
  unmarked: "nobody's on",
  flooded: 'flooded on',
};

export function usageAsData({ from, until, counted, rows, p95 }: UsageReport): object {
  return {
    version: dataVersion,
    from,
    until,
    ...(counted === undefined ? {} : { counted: new Date(counted).toISOString() }),
    usage: rows.map(({ kind, name, group, time, used, p95: peaks }) => ({
      kind,
      name,
      ...(group === undefined ? {} : { group }),
      ...(time === undefined ? {} : { time }),
      out: used.out,
      in: used.in,
      ...(p95 && peaks ? { p95: { out: peaks.out, in: peaks.in } } : {}),
    })),
  };
}

/** CSV as in RFC 4180, but with LF line ends. */
export function usageCsv({ from, until, rows, p95 }: UsageReport): string {
  const head = ['kind', 'name', 'group', 'from', 'until', 'out_bytes', 'in_bytes'];
  const peaks = p95 ? ['out_p95_bits_per_second', 'in_p95_bits_per_second'] : [];
  const lines = rows.map((row) => {
    const { kind, name, group = '', time, used } = row;
    const [first, last] = time === undefined ? [from, until] : spanOf(time, from, until);
    const figures = p95 ? [row.p95?.out ?? '', row.p95?.in ?? ''] : [];
    return [kind, name, group, first, last, used.out, used.in, ...figures].map(csvCell).join(',');
  });
  return [[...head, ...peaks].join(','), ...lines].map((line) => `${line}\n`).join('');
}

/** The selected days of a month. */
function spanOf(time: string, from: Day, until: Day): [Day, Day] {
  if (time.length === 10) return [time, time];
  const [first, last] = [`${time}-01`, `${time}-${lengthOf(time)}`];
  return [first < from ? from : first, last > until ? until : last];
}

/** Prevents formula injection: a name that a spreadsheet would evaluate is prefixed with a quote, which it does not show. */
export function csvCell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
