// The help screen: every key, and what the colours and figures mean. A test presses what it shows.

import { fitLine, type Line, wrap } from '../text/spans.ts';
import { type ColumnId, columns, sortable } from './columns.ts';

export const keys: [shown: string, what: string][] = [
  ['q F10 Ctrl-C', 'quit'],
  ['h ? F1', 'this help'],
  ['< > Left Right', 'sort by the column beside'],
  ['o F6', 'choose the column to sort by'],
  ['r R I', 'reverse the order'],
  ['/ F4', 'only names with this in them'],
  ['g t F5', 'guests below their groups'],
  ['u', 'one uplink after the other'],
  ['i', 'hide who is idle'],
  ['Esc', 'show all again'],
  ['Space p', 'pause'],
  ['d s', 'seconds between two readings'],
  ['+ -', 'longer, shorter'],
  ['Up Down k j', 'mark a guest or group; PgUp PgDn Home End too'],
  ['Enter', 'explain the marked one; Esc or q leads back'],
  ['Ctrl-Z', 'to the shell; fg comes back'],
];

const notes = [
  'A yellow name: something is not as it should be; virt-shaper status says what.',
  'A bar ends at the ceil: green is guaranteed, yellow borrowed, red at the ceil.',
  'OUT is what a guest sends, IN what it receives, in bits per second: 14.9M is 14,900,000.',
  'USE is the share of its ceil that the fuller direction uses. BACKLOG are bytes that wait.',
  'LEFT are the bytes left of its volume or credit, where it has one: of its group too.',
];

export function helpLines(width: number): Line[] {
  const room = Math.max(...keys.map(([key]) => key.length)) + 2;
  return [
    ...keys.flatMap(([key, what]) =>
      wrap(what, width - room).map((text, at) =>
        fitLine([{ text: (at === 0 ? key : '').padEnd(room), style: 'strong' }, { text }], width),
      ),
    ),
    fitLine([], width),
    ...notes.flatMap((note) => wrap(note, width)).map((text) => fitLine([{ text }], width)),
  ];
}

/** The list of columns to sort by, with the chosen one marked. */
export function sortLines(chosen: ColumnId, width: number): Line[] {
  const title = fitLine([{ text: 'Sort by', style: 'head' }], width, 'head');
  const lines = sortable.map((id) => {
    const text = ` ${columns[id].title.padEnd(8)} ${columns[id].about}`;
    return fitLine([{ text, style: id === chosen ? 'chosen' : 'plain' }], width);
  });
  return [title, ...lines];
}

/** @returns the index of the chosen line */
export function sortPlace(chosen: ColumnId): number {
  return sortable.indexOf(chosen) + 1;
}
