// The values of one guest on one uplink with their origins: policy and plan combined, since the policy has the origins and the plan
// the values that the kernel gets.

import type { Setting } from '../../config/config.ts';
import type { Port } from '../../host/host.ts';
import { chainName } from '../../plan/names.ts';
import type { ClassPlan, Leaf, TreePlan, UplinkPlan } from '../../plan/plan.ts';
import type { Limits } from '../../policy/limits.ts';
import type { LeafOrigin, Origin, Traced } from '../../policy/origin.ts';
import type { GuestPolicy, TapPolicy, UplinkPolicy } from '../../policy/policy.ts';
import type { Source } from '../../system/errors.ts';
import { type Both, both, type Direction } from '../../units/units.ts';

/** In bits per second. `found` is the configured value, `value` the effective one, after steps and cuts. */
export interface ExplainedRate extends Traced {
  value: number;
}

/** In bytes. */
export interface ExplainedSize {
  value: number;
  from: 'entry' | 'computed';
  at?: Source;
  /** The configured size, where it is more than the kernel can store. */
  found?: number;
}

export interface ExplainedClass {
  device: string;
  id: string;
  parent: string;
  /** The chains that set it; several where the bridges of its taps have different numbers of uplinks. */
  chains: string[];
  rate: ExplainedRate;
  ceil: ExplainedRate;
  burst: ExplainedSize;
  cburst: ExplainedSize;
  quantum: ExplainedSize;
  /** `asked`: the configured leaf; absent where it is the kernel's best. */
  leaf?: Leaf & { asked?: LeafOrigin };
}

export interface ExplainedUplink {
  name: string;
  ports: Port[];
  link: Both<{ value: number } & UplinkPolicy['linkOrigin']['out']>;
  /** The accounting of frames: the overhead of each, and the minimum, in bytes. */
  counting: Record<'overhead' | 'mpu', ExplainedSize>;
  group?: Origin & { name: string };
  taps: TapPolicy[];
  /** The limits inside the host, with their origins. */
  limits: Limits;
  out: ExplainedClass;
  in: ExplainedClass;
}

/** @param id the guest's id, after which its chains are named */
export function explainUplink(
  uplink: UplinkPolicy,
  plan: UplinkPlan,
  policy: GuestPolicy,
  id: number,
): ExplainedUplink {
  const { group, limits, origin, taps } = policy;
  return {
    name: uplink.name,
    ports: uplink.ports,
    link: both((direction) => ({ value: uplink.link[direction], ...uplink.linkOrigin[direction] })),
    counting: { overhead: countingSize(uplink.counting.overhead), mpu: countingSize(uplink.counting.mpu) },
    ...(group !== undefined && origin.group ? { group: { name: group, ...origin.group } } : {}),
    taps,
    limits,
    ...both((direction) => explainClass(plan.trees[direction], policy, direction, id)),
  };
}

function countingSize({ value, at }: Setting<number>): ExplainedSize {
  return { value, from: at ? 'entry' : 'computed', ...(at ? { at } : {}) };
}

function explainClass(tree: TreePlan, policy: GuestPolicy, direction: Direction, id: number): ExplainedClass {
  const { rate, ceil, origin, tuning, name, taps } = policy;
  const plan = classOf(tree, name);
  const ways = new Set(taps.length > 0 ? taps.map(({ way }) => way) : [0]);
  return {
    device: tree.device,
    id: plan.id,
    parent: plan.parent,
    chains: [...ways].sort().map((way) => chainName(direction, id, way)),
    rate: { value: rate[direction].effective, ...origin.rate[direction] },
    ceil: { value: ceil[direction], ...origin.ceil[direction] },
    burst: size(plan.burst, tuning.burst?.[direction]),
    cburst: size(plan.cburst, tuning.cburst?.[direction]),
    quantum: size(plan.quantum, tuning.quantum),
    ...(plan.leaf ? { leaf: { ...plan.leaf, ...(origin.leaf ? { asked: origin.leaf } : {}) } } : {}),
  };
}

function size(value: number, written: { value: number; at?: Source } | undefined): ExplainedSize {
  if (!written) return { value, from: 'computed' };
  const { at, value: found } = written;
  return { value, from: 'entry', ...(at ? { at } : {}), ...(found === value ? {} : { found }) };
}

function classOf({ groups, guests }: TreePlan, name: string): ClassPlan {
  const found = [...guests, ...groups.flatMap((group) => group.guests)].find((plan) => plan.name === name);
  if (!found) throw new Error(`no class was planned for ${name}`);
  return found;
}
