// Horizontal bars, since what they are called takes room: for each label one beside another, or one made of all.
import { format, formatTick } from '../format.ts';
import type { Plot } from '../section.ts';
import { type Drawn, margin, width } from './draw.ts';
import { makeScale, type Scale } from './scale.ts';
import { colourOf, line, quiet, rect, text, widthOf } from './svg.ts';

interface Field {
  left: number;
  right: number;
  scale: Scale;
}

export function drawBars(plot: Plot, top: number): Drawn {
  const { labels, unit, log = false } = plot;
  const stacked = plot.kind === 'stacked';
  const sums = labels.map((_, index) => valuesAt(plot, index).reduce((sum, value) => sum + value, 0));
  const values = stacked ? sums : labels.flatMap((_, index) => valuesAt(plot, index));
  const scale = makeScale(values, log && !stacked);
  // The axis's name ends where that of its first tick begins.
  const first = widthOf(formatTick(scale.ticks[0] ?? 0, unit)) / 2 + 6;
  const names = [...labels.map((label) => widthOf(label) + 10), widthOf(plot.axis ?? '') + first];
  const field: Field = {
    left: margin + Math.max(...names),
    right: width - margin - Math.max(...values.map((value) => widthOf(format(value, unit)))) - 6,
    scale,
  };
  const thickness = stacked ? 34 : 16;
  const groupGap = 14;
  let [y, bars] = [top + 22, ''];
  for (const [index, label] of labels.entries()) {
    const tall = stacked ? thickness : thickness * plot.series.length;
    bars += text(label, field.left - 10, y + tall / 2 + 4, { 'text-anchor': 'end' });
    bars += stacked
      ? stack(plot, index, field, y, thickness) +
        end(format(sums[index] ?? 0, unit), sums[index] ?? 0, field, y + tall / 2)
      : group(plot, index, field, y, thickness);
    y += tall + groupGap;
  }
  const caption = text(plot.axis ?? '', field.left - first, top + 8, { 'text-anchor': 'end', fill: quiet });
  return { content: axis(plot, field, top, y - groupGap / 2) + caption + bars, height: y - top };
}

function valuesAt({ series }: Plot, index: number): number[] {
  return series.map(({ values }) => values[index] ?? 0);
}

function xOf({ left, right, scale }: Field, value: number): number {
  return left + (right - left) * scale.place(value);
}

/** Names of ticks that would touch the one before are left out. */
function axis({ unit }: Plot, field: Field, top: number, bottom: number): string {
  let free = Number.NEGATIVE_INFINITY;
  return field.scale.ticks
    .map((tick) => {
      const x = xOf(field, tick);
      const name = formatTick(tick, unit);
      const half = widthOf(name) / 2;
      const shown = x - half > free;
      if (shown) free = x + half + 6;
      return (
        line(x, top + 14, x, bottom) + (shown ? text(name, x, top + 8, { 'text-anchor': 'middle' }) : '')
      );
    })
    .join('');
}

function stack(plot: Plot, index: number, field: Field, y: number, thickness: number): string {
  let sum = 0;
  return valuesAt(plot, index)
    .map((value, which) => {
      const from = xOf(field, sum);
      sum += value;
      return rect(from, y, xOf(field, sum) - from, thickness, colourOf(which));
    })
    .join('');
}

function group(plot: Plot, index: number, field: Field, y: number, thickness: number): string {
  return plot.series
    .map(({ values }, which) => {
      const value = values[index];
      if (value === null || value === undefined) return '';
      const at = y + which * thickness;
      const bar = rect(field.left, at, xOf(field, value) - field.left, thickness - 2, colourOf(which));
      return bar + end(format(value, plot.unit), value, field, at + thickness / 2 - 1);
    })
    .join('');
}

function end(name: string, value: number, field: Field, middle: number): string {
  const halo = { stroke: '#fff', 'stroke-width': 4, 'paint-order': 'stroke' };
  return text(name, xOf(field, value) + 6, middle + 4, halo);
}
