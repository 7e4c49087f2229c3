// A bar that shows how much of a ceil is used, in steps of half a column.

export interface BarGlyphs {
  full: string;
  half: string;
}

/** Line-drawing characters, one column wide each. */
export const drawnBar: BarGlyphs = { full: '━', half: '╸' };

/**
 * Half columns to draw. From half a percent on at least one, so that little use is visible and a few ARP packets are not.
 * @param width columns of the whole ceil
 */
export function halvesOf(now: number, ceil: number, width: number): number {
  const used = ceil > 0 ? Math.min(1, now / ceil) : 0;
  return Math.max(Math.round(used * width * 2), used >= 0.005 ? 1 : 0);
}

export function barText(halves: number, { full, half }: BarGlyphs): string {
  return full.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? half : '');
}
