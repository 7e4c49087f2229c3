// The counters of the kernel's classes at one moment, and the speed between two moments. Bytes are those of whole Ethernet frames, as HTB
// counts and limits them.

import type { ClassCounters } from '../kernel/tc/counters.ts';

/** One class at one moment. */
export interface Use extends ClassCounters {
  /** The kind of its leaf; absent for the kernel's default, and for an inner class. */
  queue?: string;
}

/** Keyed by `useKey`. */
export type Uses = Map<string, Use>;

/** The part of a reading that the speeds of the next one need. */
export type ByteReadings = ReadonlyMap<string, Moment>;

type Moment = Pick<Use, 'at' | 'spread' | 'bytes'>;

export function useKey(device: string, id: string): string {
  return `${device} ${id}`;
}

/**
 * The speed in bits per second between two readings of one class.
 * @param ceil a speed above it is a measuring error: it is lowered to the ceil, or as far as the uncertainty of the times allows
 * @returns nothing when the class was created anew in between, or was read only once
 */
export function speedBetween(
  before: Moment | undefined,
  after: Moment | undefined,
  ceil = 0,
): number | undefined {
  if (!before || !after || after.at <= before.at || after.bytes < before.bytes) return undefined;
  const bits = (after.bytes - before.bytes) * 8000;
  const time = after.at - before.at;
  const [speed, least] = [bits / time, bits / (time + before.spread + after.spread)];
  return speed > ceil && ceil > 0 ? Math.max(ceil, least) : speed;
}
