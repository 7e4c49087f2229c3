// A Plot as SVG: the title, the names of the series, and below them what kind it is.
import type { Plot } from '../section.ts';
import { drawBars } from './bars.ts';
import { drawLines } from './lines.ts';
import { colourOf, document, rect, text, widthOf } from './svg.ts';

export const width = 860;
export const margin = 20;
const titleSize = 16;

/** Where a kind is drawn, and how high it came out. */
export interface Drawn {
  content: string;
  height: number;
}

export function draw(plot: Plot): string {
  const title = text(plot.title, margin, margin + titleSize, { 'font-size': titleSize, 'font-weight': 600 });
  const names = legend(plot, margin + titleSize + 16);
  const top = margin + titleSize + 16 + names.height + 10;
  const { content, height } = plot.kind === 'lines' ? drawLines(plot, top) : drawBars(plot, top);
  return document(width, top + height + margin, plot.title, title + names.content + content);
}

/** As many beside each other as there is room for. One series needs no name. */
function legend({ series }: Plot, top: number): Drawn {
  if (series.length < 2) return { content: '', height: 0 };
  const [box, gap, lineHeight] = [11, 18, 20];
  let [x, y, content] = [margin, top, ''];
  for (const [index, { name }] of series.entries()) {
    const needed = box + 6 + widthOf(name) + gap;
    if (x > margin && x + needed > width - margin) [x, y] = [margin, y + lineHeight];
    content += rect(x, y, box, box, colourOf(index)) + text(name, x + box + 6, y + box - 1);
    x += needed;
  }
  return { content, height: y + lineHeight - top };
}
