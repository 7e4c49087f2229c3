// Joins the plan in force with the kernel's classes and counters: the data model of status, tree, top and metrics. Pure; where the two
// differ, the kernel's value is taken.
import type { Port } from '../host/host.ts';
import { shownRate } from '../kernel/tc/values.ts';
import type { ClassPlan, TreePlan } from '../plan/plan.ts';
import type { ForNowValues } from '../policy/moment/for-now.ts';
import type { InForce } from '../store/in-force-plan.ts';
import { naturally } from '../units/naturally.ts';
import { type Both, both, type Direction } from '../units/units.ts';
import type { Facts } from './facts.ts';
import { type ByteReadings, speedBetween, type Use, type Uses, useKey } from './use.ts';

export interface ClassInUse {
  kind: ClassPlan['kind'];
  name: string;
  device: string;
  id: string;
  /** The effective guarantee, in bits per second. */
  rate: number;
  /** The configured guarantee, where it was scaled. */
  configured?: number;
  /** The ceil, in bits per second. */
  ceil: number;
  /** The values that are changed for now. */
  forNow?: ForNowValues;
  /** The loaded values, where the class was changed since. */
  loaded?: { rate: number; ceil: number };
  /** The loaded kind of leaf, where it has another one now, or none. */
  queue?: string;
  /** The speed in bits per second between the last two readings; absent with only one. */
  now?: number;
  /** The counters; absent when the kernel does not have the class. */
  use?: Use;
}

export interface TreeInUse {
  direction: Direction;
  device: string;
  link: ClassInUse;
  unmarked: ClassInUse;
  /** Only in the receiving tree. */
  flooded?: ClassInUse;
  groups: { group: ClassInUse; guests: ClassInUse[] }[];
  /** Guests without a group. */
  guests: ClassInUse[];
  /** The packets that matched no class of our root, and thus had no limit; absent where that is not known. */
  direct?: number;
}

export interface UplinkInUse {
  name: string;
  ports: Port[];
  /** The devices by which routed packets reach it. */
  routes: string[];
  /** The mark of packets that arrive by it and pass through the host. */
  arrival: number;
  trees: Both<TreeInUse>;
}

/**
 * @param before the previous reading, for the speeds
 * @param roots the root qdisc of each device
 */
export function joinUplinks(
  { uplinks }: InForce,
  uses: Uses,
  before?: ByteReadings,
  roots: Facts['roots'] = new Map(),
): UplinkInUse[] {
  return uplinks.map(({ name, ports, routes = [], arrival = 0, trees }) => {
    return {
      name,
      ports,
      routes,
      arrival,
      trees: both((direction) => joinTree(trees[direction], uses, before, roots)),
    };
  });
}

function joinTree(
  tree: TreePlan,
  uses: Uses,
  before: ByteReadings | undefined,
  roots: Facts['roots'],
): TreeInUse {
  const { direction, device } = tree;
  const { ours, direct } = roots.get(device) ?? {};
  const join = (plan: ClassPlan) => joinClass(plan, device, uses, before);
  return {
    direction,
    device,
    link: join(tree.link),
    unmarked: join(tree.unmarked),
    ...(tree.flooded ? { flooded: join(tree.flooded) } : {}),
    groups: tree.groups
      .map(({ group, guests }) => ({ group: join(group), guests: guests.map(join).sort(naturally) }))
      .sort((a, b) => naturally(a.group, b.group)),
    guests: tree.guests.map(join).sort(naturally),
    ...(ours && direct !== undefined ? { direct } : {}),
  };
}

function joinClass(
  plan: ClassPlan,
  device: string,
  uses: Uses,
  before: ByteReadings | undefined,
): ClassInUse {
  const { kind, name, id, configured, rate, ceil, forNow } = plan;
  const key = useKey(device, id);
  const use = uses.get(key);
  const now = speedBetween(before?.get(key), use, use?.ceil);
  return {
    kind,
    name,
    device,
    id,
    rate,
    ceil,
    ...(configured === undefined ? {} : { configured }),
    ...(forNow ? { forNow } : {}),
    ...(use && isChanged(plan, use) ? { rate: use.rate, ceil: use.ceil, loaded: { rate, ceil } } : {}),
    ...(plan.leaf && use && use.queue !== plan.leaf.kind ? { queue: plan.leaf.kind } : {}),
    ...(now === undefined ? {} : { now }),
    ...(use ? { use } : {}),
  };
}

/** Compares with the precision of tc's output: older versions print fewer digits than they were given. */
function isChanged(plan: ClassPlan, use: Use): boolean {
  const differ = (a: number, b: number) => a !== b && shownRate(a) !== shownRate(b);
  return differ(plan.rate, use.rate) || differ(plan.ceil, use.ceil);
}
