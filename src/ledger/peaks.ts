// How often each speed was reached, as averages over five minutes: bins that grow by 2.2 %, so that a percentile is told
// within 1.1 %. Only the top twentieth of a month's averages decides about its 95th percentile, so no more is kept. They
// stay text until somebody needs them: of a thousand guests most of the ledger is these, and most minutes change none.

/** Milliseconds over which an average is taken. */
export const slotLength = 300_000;

/** `700:12 699:3`: bin and how many averages are in it, the highest first. */
export type Peaks = string;

export const noPeaks: Peaks = '';

/** Bins in which a speed doubles. */
const binsOfTwo = 32;

/** A twentieth of the five minutes of the longest month, and some for clocks that are set. */
const most = 512;

export function arePeaks(text: unknown): text is Peaks {
  return typeof text === 'string' && /^(?:\d{1,4}:\d{1,9}(?: \d{1,4}:\d{1,9})*)?$/.test(text);
}

/** @param bytes in one slot, more than 0 */
export function addPeak(peaks: Peaks, bytes: number, count = 1): Peaks {
  const bin = Math.max(0, Math.round(binsOfTwo * Math.log2((bytes * 8000) / slotLength)));
  return joinPeaks(peaks, `${bin}:${count}`);
}

/** Those of another ledger too: what was counted at the same time there counts by itself. */
export function joinPeaks(some: Peaks, others: Peaks): Peaks {
  const joined = new Map<number, number>();
  for (const [bin, count] of [...binsOf(some), ...binsOf(others)])
    joined.set(bin, (joined.get(bin) ?? 0) + count);
  let above = 0;
  const kept: string[] = [];
  for (const [bin, count] of [...joined].sort(([a], [b]) => b - a)) {
    if (above >= most) break;
    above += count;
    kept.push(`${bin}:${count}`);
  }
  return kept.join(' ');
}

function binsOf(peaks: Peaks): [bin: number, count: number][] {
  if (peaks === '') return [];
  return peaks.split(' ').map((pair) => {
    const colon = pair.indexOf(':');
    return [Number(pair.slice(0, colon)), Number(pair.slice(colon + 1))];
  });
}

/**
 * The 95th percentile, as it is billed: of all averages the top twentieth does not count, the next one is it.
 * @param slots how many there were, with those in which nothing passed
 * @returns bits per second
 */
export function percentile95(peaks: Peaks, slots: number): number {
  const free = Math.floor(slots / 20);
  let above = 0;
  for (const [bin, count] of binsOf(peaks)) {
    above += count;
    if (above > free) return Math.round(2 ** (bin / binsOfTwo));
  }
  return 0;
}
