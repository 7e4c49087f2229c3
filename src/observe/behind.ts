// Others' filters that come after our redirect and see no frame any more, such as the mirror of an IDS. It is reported, since only
// their owner can decide on the order.
import { type ForeignFilter, filtersBehind } from '../kernel/tc/foreign-filters.ts';
import { readEveryFilter } from '../kernel/tc/read.ts';
import { signature } from '../plan/names.ts';
import type { Run } from '../system/exec.ts';

export interface Behind {
  tap: string;
  /** In words. */
  reason: string;
  remedy: string;
}

/** @param taps those on which our filter is set, or about to be */
export async function readBehind(run: Run, taps: string[]): Promise<Behind[]> {
  const filters = await readEveryFilter(run, taps);
  return taps.flatMap((tap) =>
    filtersBehind(filters.get(`${tap} egress`) ?? []).map((one) => describeBehind(tap, one)),
  );
}

export function describeBehind(tap: string, { pref, what }: ForeignFilter): Behind {
  return {
    tap,
    reason: `the filter of others on ${tap} egress, pref ${pref} (${what}), sees no frame that ours sends to its ifb`,
    remedy: `give it a preference below ${signature}, and let its action end with "continue"`,
  };
}
