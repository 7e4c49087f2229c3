// What the kernel's classes do, as data: counters of one moment, and the speed between two of them. Bytes are
// whole Ethernet frames, as HTB counts them and as rate and ceil limit them.

/** One class at one moment. Counters begin when the class is made. */
export interface Use {
  device: string;
  /** `1:10`. */
  id: string;
  /** The class above; absent for the topmost. */
  parent?: string;
  /** When it was read: milliseconds of performance.now(). */
  at: number;
  /** By how many milliseconds that may be wrong, either way: tc does not say when it asked. */
  spread: number;
  bytes: number;
  packets: number;
  /** Packets that its leaf did not take, or threw away; above the leaves the sum of those below. */
  dropped: number;
  /** How often it had to wait for its ceil. */
  overlimits: number;
  /** Bytes that wait now; above the leaves the sum of those below. */
  backlog: number;
  /** The same in packets. */
  queued: number;
  /** Packets that it sent by its own guarantee, and by what others left; absent where tc does not say. */
  lended?: number;
  borrowed?: number;
  /** Bits per second as tc prints them: large rates have lost their last digits (kernel/tc/values.ts). */
  rate: number;
  ceil: number;
  /** The kind of its queue; absent for the kernel's default, and for a class with others below it. */
  queue?: string;
}

/** By `useKey`. */
export type Uses = Map<string, Use>;

/** What it takes to tell a speed by the next reading. */
export type Counted = ReadonlyMap<string, Moment>;

type Moment = Pick<Use, 'at' | 'spread' | 'bytes'>;

export function useKey(device: string, id: string): string {
  return `${device} ${id}`;
}

/**
 * Bits per second between two readings of one class.
 * @param ceil what cannot be: a figure above it, and within it as exactly as the moments are known, is just it
 * @returns nothing when the class was made anew in between, or was read but once
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
