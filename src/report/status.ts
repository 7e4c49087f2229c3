// The screen of `status`: a line for each guest and uplink with limits and traffic, then the faults.

import { forgersText } from '../guests/forge.ts';
import type { Freshness } from '../observe/freshness.ts';
import type { GuestRow } from '../observe/guests.ts';
import type { ClassInUse } from '../observe/in-use.ts';
import type { InUse } from '../observe/read-in-use.ts';
import { allowancesFor } from '../observe/volumes.ts';
import { atCeil, formatBytes, formatCount, formatSet, formatSpeed } from '../text/figures.ts';
import { label } from '../text/label.ts';
import { type Cell, type Column, paintCell, type Screen, table } from '../text/table.ts';
import { describeForNow, setCell } from './for-now.ts';
import { describeLimits } from './limits.ts';
import { describeMistakes } from './problems.ts';
import { describeInner, describeReasons, hints } from './reasons.ts';
import { nothingLoaded, remarks, summary, uplinkLines } from './summary.ts';
import { describeAllowances } from './volumes.ts';

/**
 * @param now milliseconds since 1970
 * @param isSelection whether only some guests were asked for
 */
export function reportStatus(
  inUse: InUse,
  asked: Freshness,
  screen: Screen,
  now: number,
  isSelection = false,
): string {
  const { uplinks, inner } = inUse;
  // With nothing loaded guests have no limit, unless another installation or a load by hand has set one.
  const { classes = 0, by } = asked.unclaimed ?? {};
  const guests = asked.loaded || (classes === 0 && by === undefined) ? inUse.guests : [];
  const said = asked.loaded ? remarks(inUse, asked, now) : (describeMistakes(asked.mistakes) ?? []);
  const warnings = [said].flat().map((text) => paintCell({ text, tone: 'warning' }, screen));
  const head = asked.loaded
    ? [summary(inUse, asked, now, isSelection), ...warnings, ...uplinkLines(uplinks)]
    : [nothingLoaded(asked), ...warnings];
  const rows = guests.length === 0 ? '' : `\n${table(guests, columnsFor(inUse), screen)}`;
  const shown = new Set(guests.map(({ guest }) => guest));
  const groups = new Set(guests.map(({ group }) => group));
  const forgers = inUse.forgers.filter((name) => shown.has(name)).map(label);
  const reasons = [
    ...describeInner(inner),
    ...describeReasons(guests),
    ...describeForNow(
      uplinks,
      ({ kind, name }) => kind === 'unmarked' || (kind === 'group' ? groups : shown).has(name),
    ),
    ...describeLimits(limitsOf(inUse)),
    ...describeAllowances(allowancesOf(inUse)),
  ];
  // Last, and marked as no fault: it holds on most healthy hosts.
  const note = forgers.length > 0 ? [`no fault: ${forgersText(forgers)} (virt-shaper doctor)`] : [];
  const end = [...reasons, ...hints(guests, inner), ...note].map((line) => `${line}\n`).join('');
  return `${head.join('\n')}\n${rows}${end === '' ? '' : `\n${end}`}`;
}

/** The limits inside the host of the guests that are shown: a selection may have been asked for. */
function limitsOf({ guests, limits }: InUse): InUse['limits'] {
  const shown = new Set(guests.map(({ guest }) => guest));
  return limits.filter(({ guest }) => shown.has(guest));
}

function allowancesOf({ guests, allowances }: InUse): InUse['allowances'] {
  const groups = guests.flatMap(({ group }) => group ?? []);
  return allowancesFor(
    allowances,
    guests.map(({ guest }) => guest),
    groups,
  );
}

function columnsFor({ guests, uplinks, interval }: InUse): Column<GuestRow>[] {
  const columns: (Column<GuestRow> | false)[] = [
    { title: 'GUEST', cell: ({ guest }) => label(guest), least: 8 },
    guests.some(({ group }) => group !== undefined) && {
      title: 'GROUP',
      cell: ({ group }) => (group === undefined ? '-' : label(group)),
      worth: 6,
    },
    {
      title: 'UPLINK',
      cell: ({ uplink }) => uplink ?? '-',
      worth: uplinks.length > 1 ? 7 : 1,
    },
    interval !== undefined && figure('OUT NOW', 'out', now),
    figure('OUT RATE', 'out', rate, 3),
    figure('OUT CEIL', 'out', ceil, 8),
    interval !== undefined && figure('IN NOW', 'in', now),
    figure('IN RATE', 'in', rate, 3),
    figure('IN CEIL', 'in', ceil, 8),
    { title: 'DROPPED', right: true, cell: (row) => sum(row, 'dropped', formatCount), worth: 5 },
    { title: 'BACKLOG', right: true, cell: (row) => sum(row, 'backlog', formatBytes), worth: 2 },
    { title: 'STATE', cell: state },
  ];
  return columns.filter((column) => column !== false);
}

function figure(
  title: string,
  direction: 'out' | 'in',
  show: (one: ClassInUse) => Cell | string,
  worth?: number,
): Column<GuestRow> {
  const cell = (row: GuestRow) => {
    const one = row[direction];
    return one ? show(one) : { text: '-', tone: 'dim' as const };
  };
  return { title, right: true, cell, ...(worth === undefined ? {} : { worth }) };
}

function now({ now: speed, ceil }: ClassInUse): Cell {
  if (speed === undefined) return { text: '-', tone: 'dim' };
  return { text: formatSpeed(speed), tone: speed >= atCeil * ceil ? 'warning' : 'plain' };
}

/** A scaled guarantee is marked, since it differs from the configured one. */
function rate({ rate: guaranteed, configured, forNow }: ClassInUse): Cell {
  if (configured === undefined) return setCell(guaranteed, forNow?.rate);
  return { text: `~${formatSet(guaranteed)}`, tone: 'warning' };
}

function ceil({ ceil: most, forNow }: ClassInUse): Cell {
  return setCell(most, forNow?.ceil);
}

function sum(row: GuestRow, counter: 'dropped' | 'backlog', show: (value: number) => string): Cell {
  const known = [row.out?.use, row.in?.use].flatMap((use) => use?.[counter] ?? []);
  if (known.length === 0) return { text: '-', tone: 'dim' };
  return { text: show(known.reduce((total, value) => total + value, 0)) };
}

function state(row: GuestRow): Cell {
  if (row.state === 'shaped') return { text: row.faults.length === 0 ? 'shaped' : 'shaped!', tone: 'plain' };
  return { text: row.state, tone: row.state === 'gone' || row.state === 'left out' ? 'dim' : 'problem' };
}
