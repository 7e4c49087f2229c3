// Values over sizes, a line for each series. Points are marked: between them nothing was measured.
import { formatTick } from '../format.ts';
import type { Plot } from '../section.ts';
import { type Drawn, margin, width } from './draw.ts';
import { makeScale } from './scale.ts';
import { colourOf, element, faint, line, quiet, text, widthOf } from './svg.ts';

const height = 320;

export function drawLines({ labels, series, unit, axis, log, from }: Plot, top: number): Drawn {
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  const scale = makeScale(values, log, from);
  const names = scale.ticks.map((tick) => formatTick(tick, unit));
  const left = margin + Math.max(...names.map((name) => widthOf(name))) + 8;
  const right = width - margin - 20;
  const yOf = (value: number) => top + height * (1 - scale.place(value));
  const xOf = (index: number) =>
    labels.length < 2 ? (left + right) / 2 : left + 20 + ((right - left - 40) * index) / (labels.length - 1);

  const grid = scale.ticks.map((tick, index) => {
    const y = yOf(tick);
    return line(left, y, right, y) + text(names[index] ?? '', left - 8, y + 4, { 'text-anchor': 'end' });
  });
  const below = labels.map(
    (label, index) =>
      line(xOf(index), top, xOf(index), top + height, faint) +
      text(label, xOf(index), top + height + 18, { 'text-anchor': 'middle' }),
  );
  const curves = series.map((one, which) => {
    const points = one.values.flatMap((value, index) =>
      value === null || (log && value <= 0) ? [] : [[xOf(index), yOf(value)] as const],
    );
    const stroke = colourOf(which);
    const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    const dots = points.map(([cx, cy]) => element('circle', { cx, cy, r: 3.5, fill: stroke }));
    return element('polyline', { points: path, fill: 'none', stroke, 'stroke-width': 2 }) + dots.join('');
  });
  const caption = axis
    ? text(log ? `${axis} (logarithmic upwards)` : axis, (left + right) / 2, top + height + 36, {
        'text-anchor': 'middle',
        fill: quiet,
      })
    : '';
  return {
    content: [...grid, ...below, ...curves, caption].join(''),
    height: height + (axis ? 40 : 22),
  };
}
