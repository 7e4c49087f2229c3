// The counters of the kernel's classes at one moment, and the speed between two moments. Bytes are those of whole Ethernet frames, as HTB
// counts and limits them.

/** One class at one moment. Its counters begin when it is created. */
export interface Use {
  device: string;
  /** The class id: `1:10`. */
  id: string;
  /** The parent class; absent for the top one. */
  parent?: string;
  /** When it was read: milliseconds since boot (system/boot.ts). */
  at: number;
  /** The uncertainty of that time in milliseconds, since tc does not report when it read the counters. */
  spread: number;
  bytes: number;
  packets: number;
  /** The packets that its leaf dropped; for inner classes the sum of the leaves below. */
  dropped: number;
  /** How often its ceil delayed a packet. */
  overlimits: number;
  /** The bytes in its queue now; for inner classes the sum of the leaves below. */
  backlog: number;
  /** The same in packets. */
  queued: number;
  /** The packets sent within its guarantee, and those sent with borrowed tokens; absent where tc does not print them. */
  lended?: number;
  borrowed?: number;
  /** In bits per second as tc prints them, so large rates are rounded (kernel/tc/values.ts). */
  rate: number;
  ceil: number;
  /** The kind of its leaf; absent for the kernel's default, and for an inner class. */
  queue?: string;
}

/** Keyed by `useKey`. */
export type Uses = Map<string, Use>;

/** The part of a reading that the speeds of the next one need. */
export type Counted = ReadonlyMap<string, Moment>;

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
