// The overrides that administrators have set, in words, as a table and as JSON.
import type { MomentSubject, Override } from '../policy/moment/moment.ts';
import type { Cut, Traced } from '../policy/origin.ts';
import type { Policy } from '../policy/policy.ts';
import { printable } from '../system/printable.ts';
import { formatSet } from '../text/figures.ts';
import { label } from '../text/label.ts';
import { type Column, type Screen, table } from '../text/table.ts';
import { formatMinute } from '../units/clock.ts';
import { directions } from '../units/units.ts';
import { dataVersion } from './in-use-data.ts';

export interface ShownOverride extends Override {
  /** Whether the kernel has it; otherwise it takes effect once its subject starts, or a load counts it. */
  isInForce: boolean;
  /** Whether its end has come: what is in force all the same stays so until the next sync. */
  hasEnded?: boolean;
}

/** `cliff`, `group web`, `unmarked on eth0` */
export function subjectText({ kind, name }: MomentSubject): string {
  if (kind === 'guest') return label(name);
  return kind === 'group' ? `group ${label(name)}` : `unmarked on ${label(name)}`;
}

/** `ceil 5mbit; rate 1mbit out` */
export function valuesText({ ceil, rate }: Pick<Override, 'ceil' | 'rate'>): string {
  const text = (name: string, values: Override['ceil']) => {
    const { out, in: inward } = values ?? {};
    if (out !== undefined && out === inward) return [`${name} ${formatSet(out)}`];
    const ways = [
      ...(out === undefined ? [] : [`${formatSet(out)} out`]),
      ...(inward === undefined ? [] : [`${formatSet(inward)} in`]),
    ];
    return ways.length > 0 ? [`${name} ${ways.join(', ')}`] : [];
  };
  return [...text('ceil', ceil), ...text('rate', rate)].join('; ');
}

export function endText({ until }: Pick<Override, 'until'>): string {
  return until === undefined ? 'until it is lifted' : `until ${formatMinute(until)}`;
}

/** @returns a line for each value that is effectively lower than the override */
export function shortfalls({ uplinks }: Policy, { kind, name }: MomentSubject): string[] {
  const lines = uplinks.flatMap((uplink) => {
    const guest = kind === 'guest' ? uplink.guests.find((one) => one.name === name) : undefined;
    const group = kind === 'group' ? uplink.groups.find((one) => one.name === name) : undefined;
    const { rate, ceil } = { ...group?.origin, ...guest?.origin };
    return directions.flatMap((direction) => [
      ...shortfall(`ceil on ${uplink.name}, ${direction},`, ceil?.[direction]),
      ...shortfall(`rate on ${uplink.name}, ${direction},`, rate?.[direction]),
    ]);
  });
  return [...new Set(lines)];
}

function shortfall(what: string, traced: Traced | undefined): string[] {
  const cut = traced?.cuts.at(-1);
  if (!cut || traced?.steps.at(-1)?.by !== 'limit') return [];
  return [`its ${what} is ${formatSet(cut.to)}: ${cutWords(cut)}`];
}

function cutWords({ by, name, to }: Cut): string {
  if (by === 'group') return `group ${label(name)} has no more`;
  if (by === 'link') return `the link of ${name} has no more`;
  return by === 'ceil' ? `its ceil is ${formatSet(to)}` : 'the guarantees together are more than there is';
}

export function reportOverrides(overrides: ShownOverride[], screen: Screen): string {
  const columns: Column<ShownOverride>[] = [
    { title: 'NAME', cell: subjectText, least: 8 },
    { title: 'LIMIT', cell: valuesText },
    { title: 'UNTIL', cell: ({ until }) => (until === undefined ? 'it is lifted' : formatMinute(until)) },
    { title: 'BY', cell: ({ by }) => label(by), worth: 4 },
    { title: 'SINCE', cell: ({ since }) => formatMinute(since), worth: 2 },
    {
      title: 'STATE',
      cell: ({ isInForce, hasEnded }) =>
        isInForce
          ? `in force${hasEnded ? ' until the next sync' : ''}`
          : { text: 'not in force', tone: 'dim' },
      worth: 3,
    },
    { title: 'WHY', cell: ({ why = '' }) => printable(why), worth: 5, least: 8 },
  ];
  return table(overrides, columns, screen);
}

export function overridesAsData(overrides: ShownOverride[]): object {
  const time = (at: number) => new Date(at).toISOString();
  return {
    version: dataVersion,
    limits: overrides.map(({ kind, name, rate, ceil, since, until, by, why, isInForce }) => ({
      kind,
      name,
      ...(ceil ? { ceil } : {}),
      ...(rate ? { rate } : {}),
      since: time(since),
      ...(until === undefined ? {} : { until: time(until) }),
      by,
      ...(why === undefined ? {} : { why }),
      inForce: isInForce,
    })),
  };
}
