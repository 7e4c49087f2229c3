// Oversubscription. HTB lets a class send at its own rate whatever its parents' ceils, so guarantees whose sum exceeds a group's
// ceil or the link would break that limit. They are scaled in proportion, group by group, then on the link; with
// oversubscribed = "refuse" the guests that started last get none.

import { label } from '../text/label.ts';
import { formatRate } from '../units/rate.ts';
import { type Direction, directions } from '../units/units.ts';
import type { ClassPolicy, GuestPolicy, Unshaped, UplinkPolicy } from './policy.ts';

/** The least rate: tc counts whole bytes per second. */
const leastRate = 8;

/**
 * Sets every `effective` rate of the uplink so that no sum exceeds the ceil of its parent, and the groups' rates to the sums of
 * their members'. The guarantee of unmarked traffic is not scaled.
 * @returns a sentence for each ceil that was oversubscribed
 */
export function scaleGuarantees(uplink: UplinkPolicy): string[] {
  return directions.flatMap((direction) => {
    const warnings = [...ceilings(uplink, direction)].flatMap((ceiling) =>
      scaleTo(ceiling, uplink, direction),
    );
    sumGroups(uplink, direction);
    return warnings;
  });
}

/** @returns no warning where the ceil is only lowered for now: the configuration is not oversubscribed */
function scaleTo(ceiling: Ceiling, uplink: UplinkPolicy, direction: Direction): string[] {
  const { name, members, limit, isForNow } = ceiling;
  const all = total(members, direction, 'effective');
  if (all <= limit) return [];
  // What a tenant asks for yields before what the administrator has promised.
  const [asked, promised] = [true, false].map((own) =>
    members.filter(({ origin }) => (origin.rate[direction].from === 'metadata') === own),
  );
  const shrink = (some: GuestPolicy[] = [], room: number) => {
    const sum = total(some, direction, 'effective');
    for (const { rate, origin } of sum > room ? some : []) {
      const to = scaled(rate[direction].effective, Math.max(0, room) / sum);
      rate[direction].effective = to;
      origin.rate[direction].cuts.push({ by: 'sum', name, to, sum: { of: all, limit } });
    }
  };
  const kept = total(promised ?? [], direction, 'effective');
  shrink(asked, limit - kept);
  const sum = total(members, direction, 'effective');
  shrink(promised, limit - total(asked ?? [], direction, 'effective'));
  if (isForNow) return [];
  const where = `${uplink.name}, ${direction}`;
  // Where these fill it to the last bit, a byte for each that asks is rounded off theirs, which is not worth a word.
  return kept <= limit
    ? [
        `${where}: the guarantees of ${name} sum to ${formatRate(all)}, but there are only ${formatRate(limit)}: those that guests ask for in their ` +
          'metadata are scaled',
      ]
    : [
        `${where}: the guarantees of ${name} sum to ${formatRate(sum)}, but there are only ${formatRate(limit)}: each is scaled to ` +
          `${((100 * limit) / sum).toFixed(1)} %`,
      ];
}

/**
 * Removes the guarantee of each guest that would oversubscribe those of the guests before it.
 * @param order names of the guests, longest running first
 * @returns the guests whose guarantees cannot be kept, each with the reason
 */
export function refuseGuarantees(uplink: UplinkPolicy, order: string[]): Unshaped[] {
  const refused: Unshaped[] = [];
  // A ceil that is lowered for now does not keep a guest from starting.
  for (const direction of directions) {
    for (const ceiling of ceilings(uplink, direction))
      if (ceiling.isForNow) scaleTo(ceiling, uplink, direction);
  }
  const rank = new Map(order.map((name, index) => [name, index]));
  // What a tenant asks for yields before what the administrator has promised.
  const isAsked = ({ origin }: GuestPolicy) => Number(origin.rate.out.from === 'metadata');
  const byStart = [...uplink.guests].sort(
    (a, b) => isAsked(a) - isAsked(b) || (rank.get(a.name) ?? 0) - (rank.get(b.name) ?? 0),
  );
  const admitted = new Set<GuestPolicy>();
  for (const guest of byStart) {
    admitted.add(guest);
    const reason = brokenCeiling(uplink, guest, admitted);
    if (reason === undefined) continue;
    admitted.delete(guest);
    refused.push({ guest: guest.name, reason, kind: 'refused' });
    for (const direction of directions) {
      guest.rate[direction].effective = leastRate;
      guest.origin.rate[direction].cuts.push({ by: 'refused', name: uplink.name, to: leastRate });
    }
  }
  for (const direction of directions) sumGroups(uplink, direction);
  return refused;
}

function brokenCeiling(
  uplink: UplinkPolicy,
  guest: GuestPolicy,
  admitted: Set<GuestPolicy>,
): string | undefined {
  for (const direction of directions) {
    for (const { name, members, limit } of ceilings(uplink, direction)) {
      if (!members.includes(guest)) continue;
      const sum = total(
        members.filter((member) => admitted.has(member)),
        direction,
        'effective',
      );
      if (sum > limit) {
        return (
          `its guarantee of ${formatRate(guest.rate[direction].configured)} (${direction}) does not fit on ` +
          `${uplink.name}: with it ${name} would have to keep ${formatRate(sum)} of ${formatRate(limit)}`
        );
      }
    }
  }
  return undefined;
}

interface Ceiling {
  name: string;
  /** The group; absent for the link. */
  group?: string;
  members: GuestPolicy[];
  /** Bits per second that the members' guarantees may sum to. */
  limit: number;
  isForNow: boolean;
}

/** @returns every ceil with the classes below it, the groups before the link */
export function* ceilings(uplink: UplinkPolicy, direction: Direction): Generator<Ceiling> {
  const members = membersByGroup(uplink);
  for (const group of uplink.groups) {
    yield {
      name: `group ${label(group.name)}`,
      group: group.name,
      members: members.get(group.name) ?? [],
      limit: group.ceil[direction],
      isForNow: group.forNow?.[direction].ceil !== undefined,
    };
  }
  const flooded = direction === 'in' ? uplink.flooded.rate.in.effective : 0;
  const limit = uplink.link[direction] - uplink.unmarked.rate[direction].effective - flooded;
  yield { name: 'the guests on it', members: uplink.guests, limit, isForNow: false };
}

function sumGroups(uplink: UplinkPolicy, direction: Direction): void {
  const byGroup = membersByGroup(uplink);
  for (const group of uplink.groups) {
    const members = byGroup.get(group.name) ?? [];
    group.rate[direction] = {
      configured: total(members, direction, 'configured'),
      effective: total(members, direction, 'effective'),
    };
  }
}

/** @returns the members of each group, in their order on the uplink */
export function membersByGroup({ guests }: UplinkPolicy): Map<string, GuestPolicy[]> {
  const groups = new Map<string, GuestPolicy[]>();
  for (const guest of guests) {
    if (guest.group === undefined) continue;
    const members = groups.get(guest.group);
    if (members) members.push(guest);
    else groups.set(guest.group, [guest]);
  }
  return groups;
}

/** @returns the sum in bits per second */
export function total(
  guests: ClassPolicy[],
  direction: Direction,
  which: 'configured' | 'effective',
): number {
  return guests.reduce((sum, guest) => sum + guest.rate[direction][which], 0);
}

/** Rounds down to whole kbit where tc prints no finer, else to whole bytes per second, in which it counts. */
function scaled(rate: number, factor: number): number {
  const exact = rate * factor;
  const unit = exact >= 1_000_000 ? 1000 : 8;
  return Math.max(leastRate, Math.floor(exact / unit) * unit);
}
