// A frame without a terminal: as text for a pipe, with untruncated names and all rows, or as data.

import { forNowAsData } from '../report/for-now.ts';
import { dataVersion } from '../report/in-use-data.ts';
import { creditsAsData, quotasAsData } from '../report/volumes.ts';
import { type Line, textOf } from '../text/spans.ts';
import { both } from '../units/units.ts';
import { ascii, unicode } from './bar.ts';
import { linkLines, titleLine } from './header.ts';
import { layout, longest } from './layout.ts';
import { placeRows } from './rows.ts';
import type { Flow, Row, Scene } from './scene.ts';
import { head, tableLine } from './table.ts';
import { initialView } from './view.ts';

/** Wide enough for every column with short names. */
const usual = 132;

/**
 * @param width the maximum width in columns; absent: as wide as the names need
 * @param isUnicode whether the reader may be sent characters beyond ASCII
 */
export function onceAsText(scene: Scene, interval: number, isUnicode: boolean, width?: number): string {
  const view = initialView(interval);
  const glyphs = isUnicode ? unicode : ascii;
  const most = longest(scene.rows, false);
  const wide = width ?? Math.max(usual, most.guest + most.group + most.uplink + most.note + most.left + 101);
  const columns = layout(wide, view.sort, most, scene.links.length);
  const lines: Line[] = [
    titleLine(scene, view, wide),
    ...linkLines(scene.links, wide, scene.links.length, glyphs),
    ...(scene.trouble ? [[{ text: `! ${scene.trouble}` }]] : scene.note ? [[{ text: scene.note }]] : []),
    head(columns, view, glyphs, wide),
    ...placeRows(scene.rows, view).map((row) => tableLine(row, columns, glyphs, wide)),
  ];
  return lines.map((line) => `${textOf(line).trimEnd()}\n`).join('');
}

/**
 * Bits, packets and drops per second, backlog in bytes; names unescaped. Unknown values are absent.
 * @param interval seconds between the two readings
 */
export function onceAsData({ at, links, rows, allowances, trouble }: Scene, interval: number): object {
  const of = (kind: Row['kind']) => rows.filter((row) => row.kind === kind);
  return {
    version: dataVersion,
    time: new Date(at).toISOString(),
    interval,
    ...(trouble ? { trouble } : {}),
    uplinks: links.map(({ name, flow }) => ({ uplink: name, ...flowsAsData(flow) })),
    unmarked: of('unmarked').map(({ uplink, flow }) => ({ uplink, ...flowsAsData(flow) })),
    flooded: of('flooded').map(({ uplink, flow }) => ({
      uplink,
      ...(flow ? { in: flowAsData(flow.in) } : {}),
    })),
    groups: of('group').map(({ name, uplink, flow }) => ({ group: name, uplink, ...flowsAsData(flow) })),
    guests: of('guest').map(({ name, group, uplink, state, shaped, faults, flow }) => {
      return { guest: name, group, uplink, state, shaped, faults, ...flowsAsData(flow) };
    }),
    quotas: quotasAsData(allowances?.quotas ?? []),
    credits: creditsAsData(allowances?.credits ?? []),
  };
}

function flowsAsData(flow: Row['flow']): object {
  return flow ? both((way) => flowAsData(flow[way])) : {};
}

function flowAsData({ rate, ceil, forNow, now, packets, drops, backlog }: Flow): object {
  return {
    rate,
    ceil,
    ...(forNow ? { forNow: forNowAsData(forNow) } : {}),
    now,
    packetsPerSecond: packets,
    droppedPerSecond: drops,
    backlog,
  };
}
