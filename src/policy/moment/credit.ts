// The credit of a boost, for one guest and direction: a token bucket that the unused part of the ceil fills and use above the ceil
// drains. Time is from the kernel's monotonic clock and use from the ledger, so setting the clock changes no credit.

/** In bytes. */
export interface Credit {
  /** Negative where more was spent before the last look than there was: that is earned back first, without lowering the ceil. */
  left: number;
  /** Whether it may be spent: hysteresis, off once it is used up, on again at a tenth of the volume. */
  isOn: boolean;
  /** The ledger's total up to which it is computed. */
  total: number;
}

/** @param volume the maximum, in bytes */
export function newCredit(volume: number, total: number): Credit {
  return { left: volume, isOn: true, total };
}

/**
 * @param ceil bits per second, without the boost
 * @param volume the maximum, in bytes
 * @param total the ledger's total; one that fell belongs to a new ledger, in which the use since the last look is missing
 * @param elapsed seconds since the last computation
 */
export function reckon(
  credit: Credit,
  { ceil, volume }: { ceil: number; volume: number },
  total: number,
  elapsed: number,
): Credit {
  const used = Math.max(0, total - credit.total);
  const earned = (ceil / 8) * Math.max(0, elapsed);
  const left = Math.round(Math.min(volume, credit.left + earned - used));
  return { left, isOn: credit.isOn ? left > 0 : left >= volume / 10, total };
}
