// One frame: the scene as this view shows it, on a screen of this size. Pure; always exactly as many lines as
// the screen has, each exactly as wide. Rows that are not seen are not rendered.

import { fitLine, type Line } from '../text/spans.ts';
import { ascii, type Glyphs, unicode } from './bar.ts';
import type { ColumnId } from './columns.ts';
import { footer } from './footer.ts';
import { linkLines, titleLine } from './header.ts';
import { helpLines, sortLines, sortPlace } from './help.ts';
import { type Column, layout, longest } from './layout.ts';
import { placeRows } from './rows.ts';
import type { Scene } from './scene.ts';
import { head, tableLine } from './table.ts';
import type { Shown, View } from './view.ts';

export interface Size {
  columns: number;
  rows: number;
}

export interface State {
  scene: Scene;
  view: View;
  /** Whether the terminal shows more than ASCII. */
  unicode: boolean;
}

export interface Frame {
  lines: Line[];
  /** What the next key needs to know of it. */
  shown: Shown;
}

export function frame(state: State, { columns: width, rows }: Size): Frame {
  const { scene, view } = state;
  const glyphs = state.unicode ? unicode : ascii;
  const above = view.mode === 'help' ? [] : linesAbove(state, width, rows, glyphs);
  const height = Math.max(0, rows - above.length - (rows > 3 ? 1 : 0));
  const { lines: body, shown } = bodyOf(state, width, height, glyphs);
  const blank = fitLine([], width);
  const middle = Array.from({ length: height }, (_none, at) => body[at] ?? blank);
  const lines = [...above, ...middle, footer(view, shown, width)].slice(0, rows);
  return { lines, shown: { ...shown, uplinks: scene.links.map(({ name }) => name) } };
}

/** A small screen does without: it is there for the guests. */
function linesAbove({ scene, view }: State, width: number, rows: number, glyphs: Glyphs): Line[] {
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

function bodyOf(state: State, width: number, height: number, glyphs: Glyphs): Frame {
  const { scene, view } = state;
  if (view.mode === 'help') return part(helpLines(width), view.scroll, height);
  if (view.mode === 'sort') {
    const chosen = view.input as ColumnId;
    return part(sortLines(chosen, width), sortPlace(chosen) - height + 2, height);
  }
  const placed = placeRows(scene.rows, view);
  const page = Math.max(0, height - 1);
  const first = within(view.scroll, placed.length - page);
  const columns = columnsOf(state, width);
  const lines = placed.slice(first, first + page).map((row) => tableLine(row, columns, glyphs, width));
  const shown = { uplinks: [], first, rows: placed.length, page };
  return { lines: [head(columns, view, glyphs, width), ...lines], shown };
}

function part(lines: Line[], from: number, page: number): Frame {
  const first = within(from, lines.length - page);
  const shown = { uplinks: [], first, rows: lines.length, page };
  return { lines: lines.slice(first, first + page), shown };
}

function within(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}

function columnsOf({ scene, view }: State, width: number): Column[] {
  const links = view.uplink === undefined ? scene.links.length : 1;
  return layout(width, view.sort, longest(scene.rows, view.tree), links);
}
