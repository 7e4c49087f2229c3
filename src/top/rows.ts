// Filters and sorts the rows: by any column, or each guest below its group. Rows without a value in that column come last in both
// orders, and ties are broken by name, so that the order is stable from one reading to the next.
import { columns, nameOf } from './columns.ts';
import { isBare, isIdle, type Row } from './scene.ts';
import type { View } from './view.ts';

export interface Placed {
  row: Row;
  /** In the tree: its position below its group, and whether it is the last member. */
  below?: 'more' | 'last';
}

export function placeRows(rows: Row[], view: View): Placed[] {
  const wanted = rows.filter((row) => isWanted(row, view)).sort(comparison(view));
  if (!view.tree) return wanted.filter(({ kind }) => kind !== 'group').map((row) => ({ row }));
  const members = membersByGroup(wanted);
  return wanted.flatMap((row): Placed[] => {
    if (isMember(row)) return [];
    if (row.kind !== 'group') return [{ row }];
    const own = members.get(keyOf(row, row.name)) ?? [];
    if (own.length === 0 && !hasName(row, view.filter)) return [];
    return [{ row }, ...own.map((member, at) => place(member, at === own.length - 1))];
  });
}

/** A key that identifies the guest, group or NIC of a row across readings. */
export function isSameRow(a: Row, b: Row): boolean {
  if (a.kind !== b.kind || a.name !== b.name || a.uplink !== b.uplink) return false;
  // For a NIC without an uplink only the reason names it.
  return a.uplink !== undefined || a.note === b.note;
}

function place(row: Row, last: boolean): Placed {
  return { row, below: last ? 'last' : 'more' };
}

function membersByGroup(rows: Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows.filter(isMember)) {
    const key = keyOf(row, row.group ?? '');
    const members = groups.get(key);
    if (members) members.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

function keyOf({ uplink }: Row, group: string): string {
  return JSON.stringify([uplink, group]);
}

function isMember({ kind, group, uplink }: Row): boolean {
  return kind === 'guest' && group !== undefined && uplink !== undefined;
}

function isWanted(row: Row, { tree, filter, uplink, busyOnly }: View): boolean {
  if (uplink !== undefined && row.uplink !== undefined && row.uplink !== uplink) return false;
  if (busyOnly && (isBare(row) || isIdle(row))) return false;
  // In the tree a group is kept when a member matches.
  return hasName(row, filter) || (tree && row.kind === 'group');
}

function hasName(row: Row, filter: string): boolean {
  return [row.name, nameOf(row), row.group ?? ''].some((name) => name.toLowerCase().includes(filter));
}

function comparison({ sort, reversed }: View): (a: Row, b: Row) => number {
  const { order, align } = columns[sort];
  const isText = align === 'left';
  const value = (row: Row) => (isBare(row) && !isText ? undefined : order?.(row));
  const sign = isText === reversed ? 1 : -1;
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return byNames(a, b);
    if (x === undefined || y === undefined) return x === undefined ? 1 : -1;
    return x < y ? sign : -sign;
  };
}

/** The order of kinds: guests, then traffic that belongs to none, then guests that are left out. */
function byNames(a: Row, b: Row): number {
  return (
    rank(a) - rank(b) || compare(a.name, b.name) || compare(a.uplink, b.uplink) || compare(a.note, b.note)
  );
}

function rank({ kind, state }: Row): number {
  return state === 'left out' ? 2 : kind === 'unmarked' || kind === 'flooded' ? 1 : 0;
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
