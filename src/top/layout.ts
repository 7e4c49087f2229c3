// The layout: which columns fit a screen, and their widths. Columns are granted in order of importance, each with its full width
// or not at all; the last ones share the rest, so that the whole width is used.
import { label } from '../text/label.ts';
import { widthOf } from '../text/spans.ts';
import { type ColumnId, columnIds, columns, nameOf, noteOf } from './columns.ts';
import { isBare, type Row } from './scene.ts';

export interface PlacedColumn {
  id: ColumnId;
  width: number;
}

interface Wish {
  ids: ColumnId[];
  /** The wanted width of each, in columns of the screen, without the gap. */
  width: number;
}

/** The widths of the longest texts in columns without a fixed width. */
export interface Longest {
  guest: number;
  group: number;
  uplink: number;
  note: number;
  /** 0 where no guest has a volume. */
  left: number;
}

/** The input of a layout: widths and kinds of the rows. */
export function longest(rows: Row[], tree: boolean): Longest {
  const most = (width: (row: Row) => number) => rows.reduce((sofar, row) => Math.max(sofar, width(row)), 0);
  return {
    guest: most((row) => widthOf(nameOf(row)) + (tree && row.group !== undefined ? 3 : 0)),
    // The tree has a row for each group already.
    group: tree ? 0 : most(({ group }) => (group === undefined ? 0 : widthOf(label(group)))),
    uplink: most(({ uplink }) => uplink?.length ?? 0),
    left: most(({ left }) => (left === undefined ? 0 : columns.left.width)),
    // A row without figures has its reason in their place.
    note: most((row) => (isBare(row) ? 0 : widthOf(noteOf(row)))),
  };
}

const gap = 1;

/** @returns the columns in the order of the screen; with a gap between two they take at most `width` columns */
export function layout(width: number, sort: ColumnId, longest: Longest, uplinks: number): PlacedColumn[] {
  const granted = new Map<ColumnId, number>();
  const taken = () =>
    [...granted.values()].reduce((total, one) => total + one, 0) + gap * Math.max(0, granted.size - 1);
  for (const { ids, width: wanted } of wishes(sort, longest, uplinks)) {
    const before = new Map(granted);
    for (const id of ids) granted.set(id, Math.max(wanted, granted.get(id) ?? 0));
    if (taken() <= width || before.size === 0) continue;
    granted.clear();
    for (const [id, had] of before) granted.set(id, had);
  }
  share(granted, 'guest', longest.guest, width - taken());
  share(granted, 'group', longest.group, width - taken());
  share(granted, 'note', longest.note, width - taken());
  const bar = Math.floor(Math.max(0, width - taken()) / 2);
  for (const id of ['outBar', 'inBar'] as const) share(granted, id, Number.POSITIVE_INFINITY, bar);
  share(granted, 'guest', Number.POSITIVE_INFINITY, width - taken());
  return columnIds.flatMap((id) => {
    const own = granted.get(id);
    return own === undefined ? [] : [{ id, width: Math.min(own, width) }];
  });
}

function wishes(sort: ColumnId, longest: Longest, uplinks: number): Wish[] {
  const own = (id: ColumnId): Wish => ({ ids: [id], width: columns[id].width });
  const pair = (...ids: ColumnId[]): Wish => ({ ids, width: 5 });
  const name = (most: number) => Math.min(longest.guest, most);
  return [
    { ids: ['guest'], width: Math.max(5, name(8)) },
    own(sort),
    pair('out', 'in'),
    { ids: ['outBar', 'inBar'], width: 4 },
    own('use'),
    own('drops'),
    pair('outCeil', 'inCeil'),
    { ids: ['guest'], width: name(12) },
    { ids: ['guest'], width: name(14) },
    { ids: ['outBar', 'inBar'], width: 6 },
    ...(longest.group > 0 ? [{ ids: ['group' as const], width: 7 }] : []),
    ...(uplinks > 1 ? [{ ids: ['uplink' as const], width: Math.max(6, longest.uplink) }] : []),
    ...(longest.left > 0 ? [own('left')] : []),
    own('backlog'),
    { ids: ['outBar', 'inBar'], width: 10 },
    { ids: ['guest'], width: name(24) },
    ...(longest.note > 0 ? [own('note')] : []),
    pair('outRate', 'inRate'),
    own('both'),
    pair('outPackets', 'inPackets'),
    { ids: ['uplink'], width: Math.max(6, longest.uplink) },
  ];
}

/** Widens a column that is shown to at most `most`. @param left the columns of the screen that are still free */
function share(granted: Map<ColumnId, number>, id: ColumnId, most: number, left: number): void {
  const own = granted.get(id);
  if (own !== undefined && left > 0) granted.set(id, Math.max(own, Math.min(most, own + left)));
}
