// `usage`: selects the part of the ledger that is asked for, and prints it.
import { matchesName } from '../../config/pattern.ts';
import { noBytes } from '../../ledger/ledger.ts';
import { ledgerSubject, type SubjectKind, splitSubject } from '../../ledger/subject.ts';
import { readUsed, type Used } from '../../ledger/used.ts';
import { usagePage } from '../../report/usage/page.ts';
import { type UsageQuery, usageRows } from '../../report/usage/rows.ts';
import { type UsageReport, usageAsData, usageCsv, usageText } from '../../report/usage/usage.ts';
import { ConfigError, Failure } from '../../system/errors.ts';
import { label } from '../../text/label.ts';
import type { Screen } from '../../text/table.ts';
import { formatMinute } from '../../units/clock.ts';
import {
  addMonths,
  type Day,
  dayOf,
  isDay,
  isMonth,
  lengthOf,
  type Month,
  monthOf,
} from '../../units/days.ts';
import { nearest } from '../../units/nearest.ts';
import type { Context } from '../context.ts';

export interface UsageOptions {
  group?: boolean;
  uplink?: boolean;
  day?: boolean;
  months?: boolean;
  month?: string;
  since?: string;
  p95?: boolean;
  json?: boolean;
  csv?: boolean;
  html?: string;
}

export function wrongUse(message: string): ConfigError {
  return new ConfigError([{ severity: 'error', message }]);
}

/** @throws ConfigError for options that exclude each other, Failure for a name that is not in the ledger */
export function reportUsage(
  { paths }: Context,
  names: string[],
  options: UsageOptions,
  screen: Screen,
): { text: string; html?: string; troubles: string[] } {
  const now = Date.now();
  const { from, until } = timeOf(options, now);
  const used = readUsed(paths.usage);
  const kinds: SubjectKind[] = options.uplink
    ? ['uplink', 'unmarked', 'flooded']
    : options.group
      ? ['group']
      : ['guest'];
  checkNames(used, kinds, names);
  const isMeant = (name: string, group?: string) =>
    names.length === 0 ||
    names.some((one) => matchesName(one, name) || (group !== undefined && matchesName(one, group)));
  const each = options.day ? 'day' : options.months ? 'month' : undefined;
  const wanted: UsageQuery = { kinds, isMeant, from, until, ...(each ? { each } : {}) };
  const { troubles, running } = used;
  if (options.html !== undefined) return { text: '', html: page(used, wanted, now), troubles };
  const report: UsageReport = {
    from,
    until,
    ...(running ? { counted: running.wall } : {}),
    p95: options.p95 === true,
    rows: usageRows(used, wanted),
  };
  const text = options.json
    ? `${JSON.stringify(usageAsData(report), null, 2)}\n`
    : options.csv
      ? usageCsv(report)
      : usageText(report, screen);
  return { text, troubles };
}

function timeOf(options: UsageOptions, now: number): { from: Day; until: Day } {
  const { month, since, day, months, p95, json, csv, html } = options;
  if (month !== undefined && since !== undefined) throw wrongUse('--month and --since do not go together');
  if (day && months) throw wrongUse('--day and --months do not go together');
  if ([json, csv, html !== undefined].filter(Boolean).length > 1)
    throw wrongUse('one of --json, --csv and --html');
  if (p95 && (day || (since !== undefined && !months)))
    throw wrongUse('--p95 is of whole months: it goes with --month or --months');
  if (html !== undefined && (since !== undefined || day || months))
    throw wrongUse('--html shows a month: it goes with --month');
  if (month !== undefined && !isMonth(month))
    throw wrongUse(`--month takes a month as 2026-11, not "${month}"`);
  if (since !== undefined && !isDay(since))
    throw wrongUse(`--since takes a day as 2026-11-30, not "${since}"`);
  const today = dayOf(now);
  if (since !== undefined) return { from: since, until: since > today ? since : today };
  if (month === undefined && months) return { from: `${addMonths(monthOf(today), -13)}-01`, until: today };
  const whole = month ?? monthOf(today);
  return { from: `${whole}-01`, until: endOf(whole) };
}

function endOf(month: Month): Day {
  return `${month}-${lengthOf(month)}`;
}

function checkNames({ months }: Used, kinds: SubjectKind[], names: string[]): void {
  if (names.length === 0) return;
  const known = new Set<string>();
  for (const [subject, { group }] of months.flatMap(({ accounts }) => [...accounts])) {
    const { kind, name } = splitSubject(subject);
    if (kinds.includes(kind)) for (const one of [name, group]) if (one !== undefined) known.add(one);
  }
  for (const name of names) {
    if ([...known].some((one) => matchesName(name, one))) continue;
    const meant = nearest(name, known);
    throw new Failure(
      `nothing is known of ${label(name)}`,
      meant === undefined ? 'virt-shaper usage shows who is known' : `did you mean ${label(meant)}?`,
    );
  }
}

function page(used: Used, wanted: UsageQuery, now: number): string {
  const month = monthOf(wanted.from);
  const accounts = used.months.find((record) => record.month === month)?.accounts;
  const guests = usageRows(used, wanted).map(({ kind, name, used: sum, p95 }) => ({
    kind,
    name,
    days: accounts?.get(ledgerSubject(kind, name))?.days ?? new Map(),
    used: sum,
    p95: p95 ?? noBytes(),
  }));
  if (guests.length === 0)
    throw new Failure(`nothing was used in ${month}`, 'virt-shaper usage --months shows when');
  const wall = used.running?.wall ?? now;
  const until = monthOf(dayOf(wall)) === month ? formatMinute(wall) : undefined;
  return usagePage({ month, ...(until === undefined ? {} : { until }), guests });
}
