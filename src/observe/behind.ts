// Filters of others that our redirect takes frames from: an IDS that mirrors what a guest receives goes blind without
// knowing. It is theirs to decide, so it is said.
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

/** Of taps on which ours is set, or about to be. */
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
