// A frame without a terminal: as text for a pipe, whole names and every row, or as data.

import { type Line, textOf } from '../text/spans.ts';
import { ascii, unicode } from './bar.ts';
import { linkLines, titleLine } from './header.ts';
import { layout, longest } from './layout.ts';
import { placeRows } from './rows.ts';
import type { Row, Scene } from './scene.ts';
import { head, tableLine } from './table.ts';
import { initialView } from './view.ts';

/** Wide enough for every column with short names. */
const usual = 132;

/**
 * @param width columns to keep to; without it as many as the names need
 * @param isUnicode whether the reader can be expected to show more than ASCII
 */
export function onceAsText(scene: Scene, interval: number, isUnicode: boolean, width?: number): string {
  const view = initialView(interval);
  const glyphs = isUnicode ? unicode : ascii;
  const most = longest(scene.rows, false);
  const wide = width ?? Math.max(usual, most.guest + most.group + most.uplink + most.note + 100);
  const columns = layout(wide, view.sort, most, scene.links.length);
  const lines: Line[] = [
    titleLine(scene, view, wide),
    ...linkLines(scene.links, wide, scene.links.length, glyphs),
    ...(scene.trouble ? [[{ text: `! ${scene.trouble}` }]] : []),
    head(columns, view, glyphs, wide),
    ...placeRows(scene.rows, view).map((row) => tableLine(row, columns, glyphs, wide)),
  ];
  return lines.map((line) => `${textOf(line).trimEnd()}\n`).join('');
}

/**
 * Bits, packets and drops per second, bytes of backlog; names as they are. What is not known is absent.
 * @param interval seconds between the two readings
 */
export function onceAsData({ at, links, rows, trouble }: Scene, interval: number): object {
  return {
    version: 1,
    time: new Date(at).toISOString(),
    interval,
    ...(trouble ? { trouble } : {}),
    uplinks: links.map(({ name, flow }) => ({ name, ...flow })),
    groups: rows
      .filter(({ kind }) => kind === 'group')
      .map(({ name, ...row }) => ({ group: name, ...asData(row) })),
    guests: rows
      .filter(({ kind }) => kind === 'guest')
      .map(({ name, group, ...row }) => ({ guest: name, group, ...asData(row) })),
    unmarked: rows.filter(({ kind }) => kind === 'unmarked').map(({ uplink, flow }) => ({ uplink, ...flow })),
  };
}

function asData({ uplink, flow, state, shaped, faults, note }: Omit<Row, 'name' | 'group'>): object {
  return { uplink, ...flow, state, shaped, faults, reason: note };
}
