// The values of a guest on one uplink: each from the source with the highest precedence (origin.ts), then capped by the group and
// the link, whose ceils limit it anyway.

import type { GuestEntry } from '../config/config.ts';
import { label } from '../text/label.ts';
import { formatRate } from '../units/rate.ts';
import { both, type Direction, directions } from '../units/units.ts';
import { groupOf, linkLimit } from './groups.ts';
import { findLeaf } from './leaves.ts';
import { findLimits } from './limits.ts';
import { forNowOf } from './moment/for-now.ts';
import { stepsOf, type TimedEntry } from './moment/steps.ts';
import { bound, type Cut, findRate, type Sources, type Traced, usual, wanted } from './origin.ts';
import { type GroupPolicy, type GuestPolicy, type TapPolicy, tuningOf, type UplinkPolicy } from './policy.ts';

/**
 * @param tap its first tap behind this uplink; absent while it does not run
 * @param warnings receives the problems in its metadata
 * @param own the Ethernet addresses of its NICs
 */
export function addGuest(
  uplink: UplinkPolicy,
  name: string,
  sources: Sources,
  tap: TapPolicy | undefined,
  warnings: string[],
  own: string[] = [],
): GuestPolicy {
  const { entry } = sources;
  const group = groupOf(uplink, name, sources, warnings);
  const { moment } = sources;
  const traced = (key: 'rate' | 'ceil', direction: Direction): Traced => {
    const found = findRate(sources, uplink.name, key, direction);
    const changing = changingOf(sources, found);
    const steps = stepsOf(moment, { kind: 'guest', name }, changing, key, direction, usual(found));
    return { ...found, steps };
  };
  const ceils = both((direction) => traced('ceil', direction));
  const ceil = both((direction) => {
    const above = limits(uplink, group?.policy, direction);
    const value = bound(ceils[direction], above);
    const { cuts, steps } = ceils[direction];
    const step =
      cuts.findLast((cut) => cut.step)?.step ?? steps.at(-1) ?? above.find((cut) => cut.step)?.step;
    const most = [usual(ceils[direction]), ...above.map((cut) => cut.usual ?? cut.to)];
    return { value, usual: Math.min(...most), ...(step ? { step } : {}) };
  });
  const rates = both((direction) => traced('rate', direction));
  const rate = both((direction) => {
    const asked = rates[direction];
    const { value: most, usual: usualMost, step: above } = ceil[direction];
    const limit: Cut = { by: 'ceil', name: uplink.name, to: most, ...(above ? { step: above } : {}) };
    const value = bound(asked, [limit]);
    const step = asked.steps.at(-1);
    // A configured guarantee stays as it is, to be scaled with a warning; a built-in or inherited one is capped by the ceil, and so
    // is any under a ceil that is lowered for now.
    const isWritten = asked.from === 'on' || asked.from === 'entry' || step !== undefined;
    const configured = isWritten && most >= usualMost ? wanted(asked) : value;
    return { configured, value, usual: Math.min(usual(asked), usualMost), ...(step ? { step } : {}) };
  });
  const leaf = findLeaf(sources, uplink.name, group?.policy.name);
  const policy: GuestPolicy = {
    name,
    ...(group ? { group: group.policy.name } : {}),
    taps: tap ? [tap] : [],
    ...macsOf(entry?.macs, own),
    limits: findLimits(sources, group?.policy.name),
    ...(entry ? { at: entry.at } : {}),
    rate: both((direction) => ({
      configured: rate[direction].configured,
      effective: rate[direction].value,
    })),
    ceil: both((direction) => ceil[direction].value),
    ...forNowOf(ceil, rate),
    tuning: tuningOf({ ...entry, ...entry?.on.get(uplink.name) }),
    ...(leaf ? { leaf: leaf.settings } : {}),
    origin: {
      ...(group ? { group: group.origin } : {}),
      ...(leaf ? { leaf: leaf.origin } : {}),
      rate: rates,
      ceil: ceils,
    },
  };
  uplink.guests.push(policy);
  warnings.push(...lowered(uplink.name, policy));
  return policy;
}

/** The windows of [defaults] apply to guests whose entry has none, and change only values that come from [defaults]. */
function changingOf({ config, entry }: Sources, { from }: Traced): TimedEntry {
  if (entry?.when || from === 'entry' || from === 'on') return entry ?? {};
  const { when } = config.defaults;
  return { ...entry, ...(when ? { when } : {}), neverRaises: from === 'metadata' };
}

/** @returns nothing where no address of it is known: then all frames to it count as its own */
function macsOf(written: GuestEntry['macs'], own: string[]): Pick<GuestPolicy, 'macs'> {
  if (written === 'any') return {};
  const macs = new Set(
    [...own, ...(written ?? []).map(({ value }) => value)].map((mac) => mac.toLowerCase()),
  );
  return macs.size > 0 ? { macs: [...macs].sort() } : {};
}

/** The ceil of its group as configured: in the group's values the link may have lowered it already. */
function limits(uplink: UplinkPolicy, group: GroupPolicy | undefined, direction: Direction): Cut[] {
  const link = linkLimit(uplink, direction);
  if (!group) return [link];
  const own = group.origin.ceil[direction];
  const { found, at } = own;
  const step = own.steps.at(-1);
  const cut = { by: 'group' as const, name: group.name, to: wanted(own), ...(at ? { at } : {}) };
  return [{ ...cut, ...(step ? { step, usual: found } : {}) }, link];
}

/** Warns of a rate in a guest's metadata that was cut; for a rate in the configuration the check does that. */
function lowered(uplink: string, { name, rate, origin }: GuestPolicy): string[] {
  const asked = directions.filter(
    (direction) => origin.rate[direction].from === 'metadata' && origin.rate[direction].cuts.length > 0,
  );
  return asked.map(
    (direction) =>
      `guest ${label(name)} on ${uplink}, ${direction}: the rate of its metadata, ` +
      `${formatRate(origin.rate[direction].found)}, is more than ` +
      `${origin.rate[direction].cuts.at(-1)?.by === 'metadata' ? '[defaults] lets guests ask for' : 'its ceil'}: ` +
      `it is cut to ${formatRate(rate[direction].effective)}`,
  );
}
