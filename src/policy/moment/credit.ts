// Credit for a boost, of a guest in one direction: earned by what it leaves of its ceil, spent by what it uses above. Time is
// the kernel's and use the ledger's, so that a clock that is set earns and costs nobody anything.

/** Bytes. */
export interface Credit {
  /** Less than nothing: what was spent before somebody looked. It is earned first, and costs none of the ceil. */
  left: number;
  /** Whether it may be spent: not from when nothing is left until a tenth is earned again. */
  isOn: boolean;
  /** The ledger's total up to which this is reckoned. */
  total: number;
}

/** @param volume bytes, at most */
export function newCredit(volume: number, total: number): Credit {
  return { left: volume, isOn: true, total };
}

/**
 * @param ceil bits per second, as it is without the boost
 * @param volume bytes, at most
 * @param total the ledger's: one that fell is a new ledger's, which knows nothing of what was used since
 * @param elapsed seconds since it was reckoned last
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
