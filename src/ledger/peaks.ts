// A histogram of five-minute averages for the 95th percentile: bins grow by 2.2 %, so a percentile is exact to 1.1 %. Only
// the top twentieth of a month's averages decides on its 95th percentile, so no more is kept. The histograms stay text until
// one is needed: they are most of a large ledger, and most minutes change none.

/** The length of a slot, in milliseconds. */
export const slotLength = 300_000;

/** `700:12 699:3`: bin and count, the highest bin first. */
export type Peaks = string;

export const noPeaks: Peaks = '';

/** Bins for each doubling. */
const binsOfTwo = 32;

/** A twentieth of the slots of the longest month, and some more for clock steps. */
const most = 512;

export function arePeaks(text: unknown): text is Peaks {
  return typeof text === 'string' && /^(?:\d{1,4}:\d{1,9}(?: \d{1,4}:\d{1,9})*)?$/.test(text);
}

/** @param bytes of one slot, above 0 */
export function addPeak(peaks: Peaks, bytes: number, count = 1): Peaks {
  const bin = Math.max(0, Math.round(binsOfTwo * Math.log2((bytes * 8000) / slotLength)));
  return joinPeaks(peaks, `${bin}:${count}`);
}

/** Adds another ledger's histogram. Averages of the same time on two hosts count separately. */
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
 * The 95th percentile as billing defines it: the highest average below the top twentieth.
 * @param slots the number of all slots, idle ones included
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
