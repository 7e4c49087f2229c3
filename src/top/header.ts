// The header above the table: time and totals, then the use of each uplink in both directions.

import { figure, setting } from '../text/short-figures.ts';
import { fit, fitLine, type Line, lineWidth, type Span } from '../text/spans.ts';
import { bar, type Glyphs } from './bar.ts';
import { type Flow, type Row, type Scene, sum, type UplinkFlow } from './scene.ts';
import type { View } from './view.ts';

/** @returns exactly `width` columns; the least important parts are left out first */
export function titleLine({ at, host, rows, links }: Scene, view: View, width: number): Line {
  const state: Span = view.paused
    ? { text: 'PAUSED', style: 'chosen' }
    : { text: `every ${view.interval} s`, style: 'dim' };
  const lefts: Span[][] = [
    [{ text: 'virt-shaper', style: 'strong' }, { text: host }, { text: clock(at) }, state],
    [{ text: 'virt-shaper', style: 'strong' }, { text: clock(at) }, state],
    [{ text: clock(at) }, state],
    [{ text: clock(at) }, ...(view.paused ? [state] : [])],
  ];
  const right = counts(rows, links);
  const room = width - lineWidth(right);
  const left =
    lefts.map((spans) => spread(spans, 2)).find((line) => lineWidth(line) + 2 <= room) ??
    (view.paused ? [state] : []);
  const blanks = ' '.repeat(Math.max(left.length > 0 ? 2 : 0, room - lineWidth(left)));
  return fitLine([...left, { text: blanks }, ...right], width);
}

function counts(rows: Row[], links: UplinkFlow[]): Line {
  const guests = rows.filter(({ kind, state }) => kind === 'guest' && state !== 'left out');
  const names = (some: Row[]) => new Set(some.map(({ name }) => name)).size;
  const faulty = names(guests.filter((row) => row.state !== 'shaped'));
  const shaped = names(guests) - faulty;
  const left = names(rows.filter(({ state }) => state === 'left out'));
  const drops = links.map(({ flow }) => sum(flow, 'drops')).filter((one) => one !== undefined);
  const lost = drops.length > 0 ? drops.reduce((total, one) => total + one, 0) : undefined;
  return spread(
    [
      { text: `${shaped} shaped` },
      ...(faulty > 0 ? [{ text: `${faulty} not`, style: 'warning' as const }] : []),
      ...(left > 0 ? [{ text: `${left} left out`, style: 'dim' as const }] : []),
      { text: `${figure(lost)} drop/s`, style: lost ? ('above' as const) : ('dim' as const) },
    ],
    2,
  );
}

/** @returns at most `room` lines of exactly `width` columns; with more uplinks the last line has the number of the others */
export function linkLines(links: UplinkFlow[], width: number, room: number, glyphs: Glyphs): Line[] {
  const shown = links.length <= room ? links : links.slice(0, Math.max(0, room - 1));
  const name = Math.max(0, ...shown.map((link) => link.name.length));
  const lines = shown.map((link) => linkLine(link, name, width, glyphs));
  if (shown.length === links.length || room < 1) return lines;
  const more = `and ${links.length - shown.length} more uplinks (u shows one at a time)`;
  return [...lines, fitLine([{ text: more, style: 'dim' }], width)];
}

function linkLine({ name, flow }: UplinkFlow, widest: number, width: number, glyphs: Glyphs): Line {
  const titles = Math.min(widest, Math.max(4, Math.floor(width / 4)));
  // Room for " in ", the figures and gaps.
  const whole = width - titles >= 56;
  const figures = whole ? 14 : 5;
  const bars = Math.floor((width - titles - 2 * figures - 12) / 2);
  const way = (word: string, own: Flow): Line => [
    { text: fit(word, 4), style: 'dim' },
    { text: fit(figure(own.now), 5, 'right') },
    { text: fit(whole ? ` of ${setting(own.ceil)}` : '', figures - 5) },
    { text: ' ' },
    ...(bars > 1 ? bar({ ...own, rate: own.ceil }, bars, glyphs) : []),
  ];
  const line = [
    { text: fit(name, titles), style: 'strong' as const },
    { text: ' ' },
    ...way('out', flow.out),
    { text: ' ' },
    ...way('in', flow.in),
  ];
  return fitLine(line, width);
}

function spread(spans: Span[], gap: number): Line {
  return spans.flatMap((span, at) => (at === 0 ? [span] : [{ text: ' '.repeat(gap) }, span]));
}

function clock(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
