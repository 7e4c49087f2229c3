// The numbers HTB is told, from a class's rates. tc's own defaults can cost UDP a twentieth of 100 mbit and of
// 1 gbit (docs/performance.md): a burst of one packet loses what a late timer did not hand out in time.

/** Bytes of Ethernet's header. */
const header = 14;

/** Ethernet's payload and header: the least a class must be able to send at once. */
export const frame = 1500 + header;

/** The same of a device with jumbo frames. What it takes beside large ones is small, so never less than the usual. */
export function frameOf(mtu = 1500): number {
  return Math.max(frame, mtu + header);
}

/**
 * HTB serves one packet a round at least, and a frame of GSO has up to 64 KB: with less than that, whoever sends large
 * frames gets a multiple of who sends small ones (measured, equal guarantees, quanta of 2,000 bytes: 27 to 4 mbit; of
 * 66,000: 15.7 to 15.3). Above the other bound tc calls a quantum big.
 */
const leastQuantum = 66_000;
const mostQuantum = 200_000;

/** The kernel holds a burst as 32 bits of 64 ns: this is what they hold, with room to spare. */
const mostBurstSeconds = 200;

/**
 * Bytes a class may send at once: what it earns in 8 ms, which bridges the latest timers that were measured
 * (with 4 ms UDP lost 1 % of 30 mbit, with 2 ms up to 5 %), at least two full frames and a small one, at
 * most a megabyte.
 * @param rate bits per second; give the ceil for a cburst
 * @param most bytes of the largest frame
 */
export function burstFor(rate: number, most = frame): number {
  return Math.min(1_048_576, Math.max(2 * most + 1068, Math.round((rate / 8) * 0.008)));
}

/**
 * A burst in bytes, cut to what the kernel can hold.
 * @param rate bits per second of the class
 */
export function fitBurst(burst: number, rate: number): number {
  const bytesPerSecond = Math.max(1, Math.floor(rate / 8)); // As the kernel counts.
  return Math.min(burst, bytesPerSecond * mostBurstSeconds);
}

/**
 * Bytes a class sends before its siblings have their turn at what is left over: at least a whole frame of GSO, and from
 * 8 to 24 mbit in proportion to its guarantee, so that who is guaranteed more gets more of the rest.
 * @param rate the guarantee in bits per second
 */
export function quantumFor(rate: number): number {
  return Math.min(mostQuantum, Math.max(leastQuantum, Math.round((rate / 8) * 0.066)));
}

/**
 * Bytes a plain queue may hold: 35 ms of the ceil. A guest's own ACKs wait behind all of it, so not more;
 * with less, BBR (measured: 16 and 25 ms) does not fill the ceil. At low rates at least 32 KB: TCP that
 * loses a GSO frame of 64 KB goes on with smaller ones. Of jumbo frames at least eight: with three (measured: 9000 bytes
 * at 2 mbit) TCP gets half of its ceil.
 * @param ceil bits per second
 */
export function bfifoLimit(ceil: number, most = frame): number {
  return Math.max(32_768, most > frame ? Math.min(8 * most, 131_072) : 0, Math.round((ceil / 8) * 0.035));
}

/**
 * fq_codel's target in microseconds: its default of 5 ms, or at low rates the time one and a half frames
 * take, since a queue of one frame is no queue (tc-fq_codel(8), RFC 8290 section 5.2.1).
 * @param ceil bits per second
 */
export function codelTarget(ceil: number, most = frame): number {
  return Math.max(5000, Math.ceil((1.5 * most * 8 * 1_000_000) / ceil));
}

/**
 * Bytes that cake may hold, as its own shaper would have it: four times what passes within one round trip, at
 * least 4 MiB; here at most 32, which is fq_codel's measure. Left without one it is told none.
 * @param ceil bits per second
 * @param rtt microseconds
 */
export function cakeMemory(ceil: number, rtt: number): number {
  return Math.min(2 ** 25, Math.max(2 ** 22, Math.round((ceil / 8) * (rtt / 1_000_000) * 4)));
}
