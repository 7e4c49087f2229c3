// How much of a ceil is used, as a bar: green is within the guarantee, yellow what is borrowed beyond it, red
// a class at its ceil. What is left is drawn too, so that a bar says its measure without colours.
import { type BarGlyphs, barText, drawnBar, halvesOf } from '../text/bar.ts';
import { atCeil } from '../text/figures.ts';
import type { Line, Style } from '../text/spans.ts';

export interface Measure {
  /** Bits per second, like the others; absent while nothing has been measured. */
  now?: number | undefined;
  /** What is guaranteed. */
  rate?: number | undefined;
  ceil?: number | undefined;
}

export interface Glyphs extends BarGlyphs {
  track: string;
  branch: string;
  lastBranch: string;
  down: string;
  up: string;
}

export const unicode: Glyphs = {
  ...drawnBar,
  track: '─',
  branch: '├─ ',
  lastBranch: '└─ ',
  down: '▼',
  up: '▲',
};

/** For a terminal that is not known to show more. */
export const ascii: Glyphs = {
  full: '#',
  half: '+',
  track: '-',
  branch: '|- ',
  lastBranch: '`- ',
  down: 'v',
  up: '^',
};

/** Exactly `width` columns. */
export function bar({ now = 0, rate = 0, ceil = 0 }: Measure, width: number, glyphs: Glyphs): Line {
  const drawn = halvesOf(now, ceil, width);
  const cells = (halves: number) => barText(halves, glyphs);
  const track = { text: glyphs.track.repeat(width - Math.ceil(drawn / 2)), style: 'dim' as Style };
  const within = Math.min(drawn, 2 * Math.round((rate / ceil) * width));
  const filled: Line =
    now >= atCeil * ceil
      ? [{ text: cells(drawn), style: 'full' }]
      : [
          { text: cells(within), style: 'below' },
          { text: cells(drawn - within), style: 'above' },
        ];
  return [...filled, track].filter(({ text }) => text !== '');
}
