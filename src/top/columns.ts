// The columns of the table: the cell, minimum width and sort key of each. The two directions of one figure are two columns that
// are shown or left out together (layout.ts).

import { atCeil } from '../text/figures.ts';
import { label } from '../text/label.ts';
import { figure, percent, setting } from '../text/short-figures.ts';
import { fit, type Line, type Style } from '../text/spans.ts';
import { bar, type Glyphs } from './bar.ts';
import { type Flow, type Row, share, sum } from './scene.ts';

export type ColumnId =
  | 'guest'
  | 'group'
  | 'uplink'
  | 'use'
  | 'both'
  | 'out'
  | 'outBar'
  | 'outRate'
  | 'outCeil'
  | 'outPackets'
  | 'in'
  | 'inBar'
  | 'inRate'
  | 'inCeil'
  | 'inPackets'
  | 'drops'
  | 'backlog'
  | 'left'
  | 'note';

export interface ColumnSpec {
  title: string;
  /** Its name in the list of columns to sort by. */
  about: string;
  /** The minimum width, in columns of the screen. */
  width: number;
  align: 'left' | 'right';
  /** The sort key; a bar has none. */
  order?: (row: Row) => string | number | undefined;
  /** @returns exactly `width` columns */
  cell: (row: Row, width: number, glyphs: Glyphs) => Line;
}

/** In the order of the screen. */
export const columns: Record<ColumnId, ColumnSpec> = {
  guest: {
    ...text('GUEST', 'guest, by name', 8, (row) => row.name),
    cell: (row, width) => [{ text: fit(nameOf(row), width), style: nameStyle(row) }],
  },
  group: text('GROUP', 'group', 6, (row) => (row.kind === 'group' ? row.name : row.group)),
  uplink: text('UPLINK', 'uplink', 6, (row) => row.uplink),
  use: {
    ...number('USE', 'share of its ceil in the fuller direction', 4, roundShare, percent),
    cell: (row, width) => [{ text: fit(percent(share(row.flow)), width, 'right'), style: fullness(row) }],
  },
  both: number('BOTH', 'bit/s out and in together', 5, (row) => sum(row.flow, 'now')),
  out: number('OUT', 'bit/s out: what it sends', 5, (row) => row.flow?.out.now),
  outBar: bars('out'),
  outRate: number(
    'RATE',
    'bit/s out that are guaranteed',
    5,
    (row) => row.flow?.out.rate,
    setting,
    (row) => row.flow?.out.forNow?.rate,
  ),
  outCeil: number(
    'CEIL',
    'bit/s out at most',
    5,
    (row) => row.flow?.out.ceil,
    setting,
    (row) => row.flow?.out.forNow?.ceil,
  ),
  outPackets: number('PKT/S', 'packets per second out', 5, (row) => row.flow?.out.packets),
  in: number('IN', 'bit/s in: what it receives', 5, (row) => row.flow?.in.now),
  inBar: bars('in'),
  inRate: number(
    'RATE',
    'bit/s in that are guaranteed',
    5,
    (row) => row.flow?.in.rate,
    setting,
    (row) => row.flow?.in.forNow?.rate,
  ),
  inCeil: number(
    'CEIL',
    'bit/s in at most',
    5,
    (row) => row.flow?.in.ceil,
    setting,
    (row) => row.flow?.in.forNow?.ceil,
  ),
  inPackets: number('PKT/S', 'packets per second in', 5, (row) => row.flow?.in.packets),
  drops: number('DROP/S', 'packets dropped per second', 6, (row) => sum(row.flow, 'drops')),
  backlog: number('BACKLOG', 'bytes that wait in its queues', 7, (row) => sum(row.flow, 'backlog')),
  left: {
    ...number('LEFT', 'bytes left of its volume, or its credit', 5, (row) => row.left),
    cell: ({ left }, width) => [
      {
        text: fit(left === undefined ? '' : figure(left), width, 'right'),
        style: left === 0 ? 'warning' : 'plain',
      },
    ],
  },
  note: {
    ...text('NOTE', 'what is not as it should be, or for now only', 12, (row) => noteOf(row) || undefined),
    cell: (row, width) => [{ text: fit(noteOf(row), width), style: 'warning' }],
  },
};

export const columnIds = Object.keys(columns) as ColumnId[];

/** The columns with a sort key, in the order of the screen. */
export const sortable = columnIds.filter((id) => columns[id].order !== undefined);

/** The name of a row as it is shown, without the tree's branch in front of it. */
export function nameOf({ kind, name }: Row): string {
  return kind === 'unmarked' || kind === 'flooded' ? kind : label(name);
}

/** The faults of a row, or why it is left out. */
export function noteOf({ state, note = '' }: Row): string {
  return note === '' || !state || state === 'left out' || state === 'shaped' ? note : `${state}: ${note}`;
}

function nameStyle({ kind, state }: Row): Style {
  if (state === 'left out') return 'dim';
  if (state && state !== 'shaped') return 'warning';
  return kind === 'group' ? 'strong' : kind === 'guest' ? 'plain' : 'dim';
}

/** The share as it is shown, in whole percent: rows that look equally busy keep their order. */
function roundShare({ flow }: Row): number | undefined {
  const used = share(flow);
  return used === undefined ? undefined : Math.round(used * 100) / 100;
}

/** The colour of the fuller direction's bar. */
function fullness(row: Row): Style {
  if ((share(row.flow) ?? 0) >= atCeil) return 'full';
  const isAbove = ({ now = 0, rate = 0 }: Flow) => now > rate;
  return row.flow && (isAbove(row.flow.out) || isAbove(row.flow.in)) ? 'above' : 'plain';
}

function text(
  title: string,
  about: string,
  width: number,
  order: (row: Row) => string | undefined,
): ColumnSpec {
  const cell = (row: Row, room: number): Line => {
    const value = order(row);
    return [{ text: fit(value === undefined ? '' : label(value), room) }];
  };
  return { title, about, width, align: 'left', order, cell };
}

function number(
  title: string,
  about: string,
  width: number,
  order: (row: Row) => number | undefined,
  show: (value: number | undefined) => string = figure,
  forNow: (row: Row) => unknown = () => undefined,
): ColumnSpec {
  const cell = (row: Row, room: number): Line => {
    const value = order(row);
    // Figures that are zero, and configured values, are dimmed.
    const style = forNow(row) ? 'warning' : value && show !== setting ? 'plain' : 'dim';
    return [{ text: fit(show(value), room, 'right'), style }];
  };
  return { title, about, width, align: 'right', order, cell };
}

function bars(direction: 'out' | 'in'): ColumnSpec {
  return {
    title: '',
    about: '',
    width: 4,
    align: 'left',
    cell: ({ flow }, width, glyphs) => (flow ? bar(flow[direction], width, glyphs) : []),
  };
}
