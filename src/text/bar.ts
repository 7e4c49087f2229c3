// How much of a ceil is used, drawn in halves of a column.

export interface BarGlyphs {
  full: string;
  half: string;
}

/** Drawn lines, one column each. */
export const drawnBar: BarGlyphs = { full: '━', half: '╸' };

/** A little use is seen, a few packets of housekeeping are not. @param width columns of the whole ceil */
export function halvesOf(now: number, ceil: number, width: number): number {
  const used = ceil > 0 ? Math.min(1, now / ceil) : 0;
  return Math.max(Math.round(used * width * 2), used >= 0.005 ? 1 : 0);
}

export function barText(halves: number, { full, half }: BarGlyphs): string {
  return full.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? half : '');
}
