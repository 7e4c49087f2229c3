// A bar of the share of a ceil that is used: green within the guarantee, yellow for bandwidth borrowed beyond it, red for a
// class at its ceil. The unused part is drawn too, so that the bar can be read without colours.
import { type BarGlyphs, barText, drawnBar, halvesOf } from '../text/bar.ts';
import { atCeil } from '../text/figures.ts';
import type { Line, Style } from '../text/spans.ts';

export interface Measure {
  /** Bits per second, like the others; absent while nothing has been measured. */
  now?: number | undefined;
  /** The guarantee. */
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

/** ASCII, for a terminal that may not show other characters. */
export const ascii: Glyphs = {
  full: '#',
  half: '+',
  track: '-',
  branch: '|- ',
  lastBranch: '`- ',
  down: 'v',
  up: '^',
};

/** @returns exactly `width` columns */
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
