// Renders one frame: the scene in this view, for a screen of this size. Pure; always exactly as many lines as the screen has,
// each exactly as wide. Rows that are scrolled out are not rendered.

import { fitLine, type Line, wrapLine } from '../text/spans.ts';
import { ascii, type Glyphs, unicode } from './bar.ts';
import type { ColumnId } from './columns.ts';
import { footer } from './footer.ts';
import { linkLines, titleLine } from './header.ts';
import { helpLines, sortLines, sortPlace } from './help.ts';
import { layout, longest, type PlacedColumn } from './layout.ts';
import { isSameRow, placeRows } from './rows.ts';
import type { Row, Scene } from './scene.ts';
import { head, tableLine } from './table.ts';
import type { Shown, View } from './view.ts';

export interface Size {
  columns: number;
  rows: number;
}

export interface ScreenState {
  scene: Scene;
  view: View;
  /** Whether the terminal shows more than ASCII. */
  unicode: boolean;
  /** The text of `explain`; absent until it is there. */
  page?: Line[] | undefined;
}

export interface ScreenFrame {
  lines: Line[];
  /** What was shown: the next key works on it. */
  shown: Shown;
}

export function renderFrame(state: ScreenState, { columns: width, rows }: Size): ScreenFrame {
  const { scene, view } = state;
  const glyphs = state.unicode ? unicode : ascii;
  const above = view.mode === 'help' || view.mode === 'explain' ? [] : linesAbove(state, width, rows, glyphs);
  const height = Math.max(0, rows - above.length - (rows > 3 ? 1 : 0));
  const { lines: body, shown } = bodyOf(state, width, height, glyphs);
  const blank = fitLine([], width);
  const middle = Array.from({ length: height }, (_none, at) => body[at] ?? blank);
  const lines = [...above, ...middle, footer(view, shown, width)].slice(0, rows);
  return { lines, shown: { ...shown, uplinks: scene.links.map(({ name }) => name) } };
}

/** The header and the error or note; a small screen has less of a header, and so more room for guests. */
function linesAbove({ scene, view }: ScreenState, width: number, rows: number, glyphs: Glyphs): Line[] {
  const links = scene.links.filter(({ name }) => view.uplink === undefined || name === view.uplink);
  const { trouble, note } = scene;
  const remark: Line = trouble
    ? [{ text: `! ${trouble}`, style: 'warning' }]
    : [{ text: note ?? '', style: 'dim' }];
  return [
    ...(rows > 4 ? [titleLine(scene, view, width)] : []),
    ...linkLines(links, width, Math.max(0, Math.floor((rows - 4) / 3)), glyphs),
    ...(trouble || note ? [fitLine(remark, width)] : []),
  ].slice(0, Math.max(0, rows - 1));
}

function bodyOf(state: ScreenState, width: number, height: number, glyphs: Glyphs): ScreenFrame {
  const { scene, view } = state;
  if (view.mode === 'help') return part(helpLines(width), view.scroll, height);
  if (view.mode === 'explain') {
    const page = state.page ?? [[{ text: 'reading', style: 'dim' as const }]];
    const lines = page.flatMap((line) => wrapLine(line, width)).map((line) => fitLine(line, width));
    return part(lines, view.scroll, height);
  }
  if (view.mode === 'sort') {
    const chosen = view.input as ColumnId;
    return part(sortLines(chosen, width), sortPlace(chosen) - height + 2, height);
  }
  const placed = placeRows(scene.rows, view);
  const page = Math.max(0, height - 1);
  const list = placed.map(({ row }) => row);
  const cursor = cursorIn(list, view);
  const first = withCursor(within(view.scroll, placed.length - page), cursor, page);
  const columns = columnsOf(state, width);
  const lines = placed.slice(first, first + page).map((row, at) => {
    const line = tableLine(row, columns, glyphs, width);
    return first + at === cursor ? line.map((span) => ({ ...span, style: 'chosen' as const })) : line;
  });
  const shown = { uplinks: [], first, rows: placed.length, page, list, cursor };
  return { lines: [head(columns, view, glyphs, width), ...lines], shown };
}

/** The cursor's row; where the marked row is gone, the row that is now in its place. */
function cursorIn(list: Row[], { cursor }: View): number | undefined {
  if (!cursor || list.length === 0) return undefined;
  const at = list.findIndex((row) => isSameRow(row, cursor.row));
  return at === -1 ? within(cursor.at, list.length - 1) : at;
}

function withCursor(first: number, cursor: number | undefined, page: number): number {
  if (cursor === undefined || page < 1) return first;
  return Math.max(Math.min(first, cursor), cursor - page + 1);
}

function part(lines: Line[], from: number, page: number): ScreenFrame {
  const first = within(from, lines.length - page);
  const shown = { uplinks: [], first, rows: lines.length, page };
  return { lines: lines.slice(first, first + page), shown };
}

function within(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}

function columnsOf({ scene, view }: ScreenState, width: number): PlacedColumn[] {
  const links = view.uplink === undefined ? scene.links.length : 1;
  return layout(width, view.sort, longest(scene.rows, view.tree), links);
}
