// The plan in force joined with what the kernel holds and does for it: one shape for status, tree, top and
// metrics. Pure; the kernel's word counts where the two differ.
import type { Port } from '../host/host.ts';
import { shownRate } from '../kernel/tc/values.ts';
import type { ClassPlan, TreePlan } from '../plan/plan.ts';
import type { ForNowValues } from '../policy/moment/for-now.ts';
import type { InForce } from '../store/in-force-plan.ts';
import { type Both, both, byName, type Direction } from '../units/units.ts';
import type { Facts } from './facts.ts';
import { type Counted, speedBetween, type Use, type Uses, useKey } from './use.ts';

export interface ClassInUse {
  kind: ClassPlan['kind'];
  name: string;
  device: string;
  id: string;
  /** Bits per second, what is guaranteed now. */
  rate: number;
  /** The guarantee as written, where it had to be scaled. */
  configured?: number;
  /** Bits per second, the most there is. */
  ceil: number;
  /** What of it is otherwise than on other days. */
  forNow?: ForNowValues;
  /** What was loaded, where somebody has changed it in the kernel since. */
  loaded?: { rate: number; ceil: number };
  /** The kind of queue that was loaded, where it has another now, or none. */
  queue?: string;
  /** Bits per second between the two last readings; absent with but one. */
  now?: number;
  /** Absent when the kernel does not have the class. */
  use?: Use;
}

export interface TreeInUse {
  direction: Direction;
  device: string;
  link: ClassInUse;
  unmarked: ClassInUse;
  /** Only where it receives. */
  flooded?: ClassInUse;
  groups: { group: ClassInUse; guests: ClassInUse[] }[];
  /** Guests on their own. */
  guests: ClassInUse[];
  /** Packets that met no class of our root, and so no limit; absent where that is not known. */
  direct?: number;
}

export interface UplinkInUse {
  name: string;
  ports: Port[];
  /** Devices by which what the host routes reaches it. */
  routes: string[];
  /** Of what comes in by it and goes through the host. */
  arrival: number;
  trees: Both<TreeInUse>;
}

/**
 * @param before the reading before, for the speeds
 * @param roots what each device has as its root
 */
export function joinUplinks(
  { uplinks }: InForce,
  uses: Uses,
  before?: Counted,
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

const collator = new Intl.Collator('en', { numeric: true });

/** web-2 before web-10, on every host alike. */
export function naturally(a: { name: string }, b: { name: string }): number {
  return collator.compare(a.name, b.name) || byName(a, b);
}

function joinTree(tree: TreePlan, uses: Uses, before: Counted | undefined, roots: Facts['roots']): TreeInUse {
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

function joinClass(plan: ClassPlan, device: string, uses: Uses, before: Counted | undefined): ClassInUse {
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

/** tc prints fewer digits than it was told, newer ones all of them. */
function isChanged(plan: ClassPlan, use: Use): boolean {
  const differ = (a: number, b: number) => a !== b && shownRate(a) !== shownRate(b);
  return differ(plan.rate, use.rate) || differ(plan.ceil, use.ceil);
}
