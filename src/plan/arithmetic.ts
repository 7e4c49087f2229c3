// HTB's parameters from a class's rates: burst, cburst, quantum, and the limits of its leaf. tc's default bursts can cost UDP a
// twentieth of 100 mbit and of 1 gbit (docs/performance.md): a burst of one packet loses the tokens of a late timer.

/** The Ethernet header, in bytes. */
const header = 14;

/** A full frame without jumbo frames, in bytes: the least that a class must be able to send at once. */
export const fullFrame = 1500 + header;

/** The largest frame of a device, in bytes; never below the usual one, since a smaller MTU gains nothing. */
export function largestFrame(mtu = 1500): number {
  return Math.max(fullFrame, mtu + header);
}

/**
 * Bounds of the quantum, in bytes. HTB serves at least one packet a round, and a GSO packet has up to 64 KB: with a smaller
 * quantum, a class with large packets gets a multiple of one with small packets (measured with equal guarantees: quanta of
 * 2,000 bytes gave 27 and 4 mbit, of 66,000 bytes 15.7 and 15.3). Above the upper bound tc warns of a big quantum.
 */
const leastQuantum = 66_000;
const mostQuantum = 200_000;

/** The kernel stores a burst as a time in 32 bits of 64 ns: this is their range, with a margin. */
const mostBurstSeconds = 200;

/**
 * The burst in bytes: 8 ms of the rate, which covers the latest timers that were measured (with 4 ms UDP lost 1 % of 30 mbit,
 * with 2 ms up to 5 %); at least two full frames and a small one, at most a megabyte.
 * @param rate bits per second; the ceil for a cburst
 * @param most bytes of the device's largest frame
 */
export function burstFor(rate: number, most = fullFrame): number {
  return Math.min(1_048_576, Math.max(2 * most + 1068, Math.round((rate / 8) * 0.008)));
}

/**
 * A burst in bytes, capped to what the kernel can store.
 * @param rate bits per second of the class
 */
export function fitBurst(burst: number, rate: number): number {
  const bytesPerSecond = Math.max(1, Math.floor(rate / 8)); // As the kernel counts.
  return Math.min(burst, bytesPerSecond * mostBurstSeconds);
}

/**
 * The quantum in bytes: how much a class borrows before its siblings have their turn. At least a whole GSO packet; from 8 to
 * 24 mbit in proportion to the guarantee, so that a higher guarantee also gets more of the excess.
 * @param rate the guarantee in bits per second
 */
export function quantumFor(rate: number): number {
  return Math.min(mostQuantum, Math.max(leastQuantum, Math.round((rate / 8) * 0.066)));
}

/**
 * The limit of a bfifo in bytes: 35 ms of the ceil. A guest's own ACKs queue behind all of it, so not more; with less (measured:
 * 16 and 25 ms) BBR does not fill the ceil. At low rates at least 32 KB: TCP that loses a GSO packet of 64 KB continues with
 * smaller ones. At least eight jumbo frames: with three (measured: 9000 bytes at 2 mbit) TCP gets half of its ceil.
 * @param ceil bits per second
 */
export function bfifoLimit(ceil: number, most = fullFrame): number {
  return Math.max(32_768, most > fullFrame ? Math.min(8 * most, 131_072) : 0, Math.round((ceil / 8) * 0.035));
}

/**
 * fq_codel's target in microseconds: its default of 5 ms, or at low rates the transmission time of one and a half frames, below
 * which even a single frame would count as a standing queue (tc-fq_codel(8), RFC 8290 section 5.2.1).
 * @param ceil bits per second
 */
export function codelTarget(ceil: number, most = fullFrame): number {
  return Math.max(5000, Math.ceil((1.5 * most * 8 * 1_000_000) / ceil));
}

/**
 * cake's memory limit in bytes, by the rule of its own shaper, which is not in use here: four times the bandwidth-delay product,
 * at least 4 MiB; at most 32 MiB, fq_codel's default.
 * @param ceil bits per second
 * @param rtt microseconds
 */
export function cakeMemory(ceil: number, rtt: number): number {
  return Math.min(2 ** 25, Math.max(2 ** 22, Math.round((ceil / 8) * (rtt / 1_000_000) * 4)));
}
