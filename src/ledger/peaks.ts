// How often each speed was reached, as averages over five minutes: bins that grow by 2.2 %, so that a percentile is told
// within 1.1 %. Only the top twentieth of a month's averages decides about its 95th percentile, so no more is kept.

/** Milliseconds over which an average is taken. */
export const slotLength = 300_000;

/** Bin -> how many averages are in it. */
export type Peaks = Map<number, number>;

/** Bins in which a speed doubles. */
const binsOfTwo = 32;

/** A twentieth of the five minutes of the longest month, and some for clocks that are set. */
const most = 512;

/** @param bytes in one slot, more than 0 */
export function addPeak(peaks: Peaks, bytes: number, count = 1): void {
  const bin = Math.max(0, Math.round(binsOfTwo * Math.log2((bytes * 8000) / slotLength)));
  peaks.set(bin, (peaks.get(bin) ?? 0) + count);
  if (peaks.size > 2 * binsOfTwo) trim(peaks);
}

/** Those of another ledger too: what was counted at the same time there counts by itself. */
export function joinPeaks(some: Peaks, others: Peaks): Peaks {
  const joined = new Map(some);
  for (const [bin, count] of others) joined.set(bin, (joined.get(bin) ?? 0) + count);
  return joined;
}

function trim(peaks: Peaks): void {
  let above = 0;
  for (const bin of [...peaks.keys()].sort((a, b) => b - a)) {
    if (above >= most) peaks.delete(bin);
    above += peaks.get(bin) ?? 0;
  }
}

/**
 * The 95th percentile, as it is billed: of all averages the top twentieth does not count, the next one is it.
 * @param slots how many there were, with those in which nothing passed
 * @returns bits per second
 */
export function percentile95(peaks: Peaks, slots: number): number {
  const free = Math.floor(slots / 20);
  let above = 0;
  for (const bin of [...peaks.keys()].sort((a, b) => b - a)) {
    above += peaks.get(bin) ?? 0;
    if (above > free) return Math.round(2 ** (bin / binsOfTwo));
  }
  return 0;
}
