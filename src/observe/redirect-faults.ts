// The faults of a tap's redirect to the ifb: no clsact, no filter of ours, or another's qdisc in its place.
import { filtersBehind, redirectsOf } from '../kernel/tc/foreign-filters.ts';
import { describeBehind } from './behind.ts';
import type { Facts } from './facts.ts';
import { type Fault, repair, repairRemedy } from './fault.ts';

/** @returns the faults of the redirect of a tap's frames to the ifb */
export function redirectFaults(tap: string, mark: number, ifb: string, facts: Facts): Fault[] {
  const about = { direction: 'in', tap } as const;
  if (facts.occupied.has(tap)) {
    return [{ ...about, kind: 'occupied', ...occupiedBy(tap, facts.limited.has(tap)) }];
  }
  if (!facts.clsacts.has(tap)) {
    const reason = `${tap} has no clsact, so what it receives does not pass ${ifb}`;
    return [{ ...about, kind: 'redirect', reason, remedy: repairRemedy }];
  }
  const redirects = redirectsOf(facts.filters.get(`${tap} egress`) ?? []);
  const behind = filtersBehind(facts.filters.get(`${tap} egress`) ?? []).map((one): Fault => {
    const { reason, remedy } = describeBehind(tap, one);
    return { ...about, kind: 'behind', reason, remedy };
  });
  const own = redirects.filter((one) => one.mark === undefined || one.mark === mark);
  if (own.some(({ to }) => to === ifb)) return behind;
  const reason =
    own.length === 0
      ? `${tap} has no filter of ours, so what it receives does not pass ${ifb}`
      : `the filter of ${tap} leads to ${own[0]?.to ?? 'a device that is gone'}, not to ${ifb}`;
  return [{ ...about, kind: 'redirect', reason, remedy: repairRemedy }];
}

/** @param limited whether libvirt's XML has a <bandwidth> for it */
export function occupiedBy(
  tap: string,
  limited: boolean,
  guest = 'GUEST',
): { reason: string; remedy: string } {
  if (limited) {
    return {
      reason: `${tap} has an ingress qdisc, which libvirt's <bandwidth><outbound> sets and which leaves no room for ours`,
      remedy: `take <bandwidth> out of the XML; now: virsh domiftune ${guest} ${tap} --outbound 0 --live; ${repair}`,
    };
  }
  return {
    reason: `${tap} has an ingress qdisc of others, which leaves no room for ours`,
    remedy: `let its owner use clsact, which has the same hook; or if nobody needs it: tc qdisc del dev ${tap} ingress; ${repair}`,
  };
}
