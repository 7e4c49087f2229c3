// Finds the faults of trees and their classes: a device or class that is missing, or not as it was loaded. A pure function.
import { shownRate } from '../kernel/tc/values.ts';
import { formatRate } from '../units/rate.ts';
import { type Direction, directions } from '../units/units.ts';
import type { Facts } from './facts.ts';
import { type Fault, repairRemedy as missing, repair } from './fault.ts';
import type { ClassInUse, UplinkInUse } from './in-use.ts';

/** The fault that all in a tree share, of the device that it is on. */
export function treeFault(
  direction: Direction,
  { name: uplink, trees }: Pick<UplinkInUse, 'name' | 'trees'>,
  facts: Facts,
): Fault | undefined {
  const { device } = trees[direction];
  const state = facts.devices.get(device);
  if (direction === 'in') {
    const about = { kind: 'ifb', direction } as const;
    if (!state) return { ...about, reason: `${device}, where it queues, is not there`, remedy: missing };
    if (!state.ours) {
      const reason = `${device} is a device of somebody else's in the place of ours`;
      return {
        ...about,
        reason,
        remedy: `if nobody needs it: ip link del dev ${device}; ${repair}`,
      };
    }
    if (!state.up) {
      const reason = `${device} is down, and what it receives is lost there`;
      return { ...about, reason, remedy: `${repair} sets it up again` };
    }
  } else if (!state) {
    return {
      kind: 'uplink-gone',
      reason: `its uplink ${uplink} is gone`,
      remedy: `${repair}, when it is back`,
    };
  }
  const root = facts.roots.get(device);
  if (!root || root.ours) return undefined;
  const reason = `the root qdisc of ${device} is somebody else's: ${root.what}`;
  const remedy = `if nobody needs it: tc qdisc del dev ${device} root; ${repair}`;
  return { kind: 'root', direction, reason, remedy };
}

/** A fault of a class that is not a guest's. */
export interface InnerFault {
  one: ClassInUse;
  fault: Fault;
}

/** The faults of link, group, unmarked and flooded classes, which affect all guests below them. */
export function findInnerFaults(uplinks: UplinkInUse[], { roots, devices }: Facts): InnerFault[] {
  return uplinks.flatMap(({ trees }) =>
    directions.flatMap((direction) => {
      const { device, link, unmarked, flooded, groups } = trees[direction];
      // A missing tree is reported for each of its guests.
      if (!devices.has(device) || roots.get(device)?.ours === false) return [];
      return [link, ...groups.map(({ group }) => group), unmarked, ...(flooded ? [flooded] : [])].flatMap(
        (one) => classFaults(direction, one).map((fault) => ({ one, fault })),
      );
    }),
  );
}

export function classFaults(direction: Direction, one: ClassInUse): Fault[] {
  const { device, id, use, loaded, queue, rate, ceil } = one;
  if (!use)
    return [{ kind: 'class', direction, reason: `there is no class ${id} on ${device}`, remedy: missing }];
  if (!loaded && queue === undefined) return [];
  const held = { rate, ceil };
  const changes = (['rate', 'ceil'] as const)
    .filter((value) => loaded && shownRate(loaded[value]) !== shownRate(held[value]))
    .map((value) => `${value} ${formatRate(held[value])}, not ${formatRate(loaded?.[value] ?? 0)}`);
  if (queue !== undefined) changes.push(`its queue is ${use.queue ?? "the kernel's default"}, not ${queue}`);
  if (changes.length === 0) return [];
  const reason = `class ${id} on ${device} is not as it should be: ${changes.join('; ')}`;
  return [{ kind: 'changed', direction, reason, remedy: `${repair} sets it back` }];
}
