// The table: its head and one line for each row. A guest without a class has no figures, so the reason is in their place.

import { fit, fitLine, type Line, type Span, type Style } from '../text/spans.ts';
import type { Glyphs } from './bar.ts';
import { type ColumnId, columns, noteOf } from './columns.ts';
import type { PlacedColumn } from './layout.ts';
import type { Placed } from './rows.ts';
import { isBare } from './scene.ts';
import type { View } from './view.ts';

const named: ColumnId[] = ['guest', 'group', 'uplink'];

/** Exactly `width` columns. */
export function head(placed: PlacedColumn[], { sort, reversed }: View, glyphs: Glyphs, width: number): Line {
  const cells = placed.map(({ id, width: own }): Span => {
    const { title, align } = columns[id];
    if (id !== sort) return { text: fit(title, own, align), style: 'head' };
    const arrow = reversed === (align === 'left') ? glyphs.down : glyphs.up;
    return { text: fit(title.length < own ? title + arrow : title, own, align), style: 'chosen' };
  });
  return fitLine(spaced(cells, 'head'), width, 'head');
}

/** Exactly `width` columns. */
export function tableLine(
  { row, below }: Placed,
  placed: PlacedColumn[],
  glyphs: Glyphs,
  width: number,
): Line {
  const branch = below ? (below === 'last' ? glyphs.lastBranch : glyphs.branch) : '';
  const shown = isBare(row) ? placed.filter(({ id }) => named.includes(id)) : placed;
  const cells = shown.map(({ id, width: own }): Line => {
    if (id !== 'guest') return columns[id].cell(row, own, glyphs);
    const lead: Span = { text: fit(branch, Math.min(branch.length, own)), style: 'dim' };
    return [lead, ...columns[id].cell(row, own - lead.text.length, glyphs)];
  });
  if (isBare(row)) {
    cells.push([{ text: noteOf(row), style: row.state === 'left out' ? 'dim' : 'warning' }]);
  }
  const line = cells.flatMap((cell, at) => (at === 0 ? cell : [{ text: ' ' }, ...cell]));
  return fitLine(line, width);
}

function spaced(cells: Span[], style: Style): Line {
  return cells.flatMap((cell, at) => (at === 0 ? [cell] : [{ text: ' ', style }, cell]));
}
