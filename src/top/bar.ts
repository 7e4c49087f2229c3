// How much of a ceil is used, as a bar: green is within the guarantee, yellow what is borrowed beyond it, red
// a class at its ceil. What is left is drawn too, so that a bar says its measure without colours.
import type { Line, Style } from '../text/spans.ts';

export interface Measure {
  /** Bits per second, like the others; absent while nothing has been measured. */
  now?: number | undefined;
  /** What is guaranteed. */
  rate?: number | undefined;
  ceil?: number | undefined;
}

export interface Glyphs {
  full: string;
  half: string;
  track: string;
  branch: string;
  lastBranch: string;
  down: string;
  up: string;
}

export const unicode: Glyphs = {
  full: '━',
  half: '╸',
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

/** From here on a class counts as being at its ceil; HTB lets through slightly less than it. */
export const atCeil = 0.97;

/** Exactly `width` columns. */
export function bar({ now = 0, rate = 0, ceil = 0 }: Measure, width: number, glyphs: Glyphs): Line {
  const used = ceil > 0 ? Math.min(1, now / ceil) : 0;
  // A little use is seen, a few packets of housekeeping are not.
  const drawn = Math.max(Math.round(used * width * 2), used >= 0.005 ? 1 : 0);
  const cells = (count: number) =>
    glyphs.full.repeat(Math.floor(count / 2)) + (count % 2 === 1 ? glyphs.half : '');
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
