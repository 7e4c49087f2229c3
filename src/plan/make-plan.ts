// Policy + Ids + the kernel's features -> Plan. A guest's id numbers all of its objects: class minor in both trees, leaf handle,
// chain and mark.
import type { Config } from '../config/config.ts';
import type { Kernel } from '../host/host.ts';
import { membersByGroup } from '../policy/guarantees.ts';
import { possibleLeaf } from '../policy/leaves.ts';
import type { ClassPolicy, GuestPolicy, Policy, UplinkPolicy } from '../policy/policy.ts';
import { both, byName, type Direction } from '../units/units.ts';
import { burstFor, fitBurst, largestFrame, quantumFor } from './arithmetic.ts';
import { type Ids, idOf } from './ids.ts';
import { makeLeaf } from './leaf.ts';
import { limiting } from './limiting.ts';
import { marking } from './marking.ts';
import { arrivalMark, classId, hex, ifbName, majors, markOf } from './names.ts';
import type { ClassPlan, Plan, TreePlan, UplinkPlan } from './plan.ts';

export function makePlan(
  policy: Policy,
  ids: Ids,
  { markBase, reflect, limited }: Pick<Config, 'markBase' | 'reflect' | 'limited'>,
  kernel: Kernel,
): Plan {
  const uplinks = policy.uplinks.map((uplink, index) => ({
    ...uplinkPlan(uplink, ids, markBase, kernel),
    arrival: arrivalMark(markBase, index),
  }));
  const clsacts = new Set<string>();
  for (const tap of uplinks.flatMap(({ taps }) => taps)) {
    tap.clsact = !clsacts.has(tap.name);
    clsacts.add(tap.name);
  }
  return {
    uplinks,
    ...marking(policy, ids, markBase),
    reflect: reflect && uplinks.length > 0,
    limits: limiting(policy, ids, markBase, limited),
    leaf: kernel.leaf,
    redirect: kernel.redirect,
  };
}

function uplinkPlan(uplink: UplinkPolicy, ids: Ids, markBase: number, kernel: Kernel): UplinkPlan {
  const ifb = ifbName(uplink.name);
  const devices = { out: uplink.name, in: ifb };
  return {
    name: uplink.name,
    ports: uplink.ports,
    routes: uplink.routes,
    ifb,
    trees: both((direction) => treePlan(uplink, direction, devices[direction], ids, kernel)),
    taps: uplink.guests
      .flatMap((guest) =>
        guest.taps.map(({ name, bridge, way, mac }) => ({
          name,
          bridge,
          guest: guest.name,
          mark: markOf(markBase, idOf(ids.guests, guest.name), way),
          sender: markOf(markBase, idOf(ids.guests, guest.name)),
          clsact: true,
          ...(mac ? { mac } : {}),
        })),
      )
      .sort(byName),
  };
}

function treePlan(
  uplink: UplinkPolicy,
  direction: Direction,
  device: string,
  ids: Ids,
  kernel: Kernel,
): TreePlan {
  const unmarkedId = uplink.unmarkedId ?? ids.unmarked;
  const handles = leafHandles([
    unmarkedId,
    ...(direction === 'in' ? [ids.flooded] : []),
    ...uplink.guests.map((guest) => idOf(ids.guests, guest.name)),
  ]);
  const frame = largestFrame(uplink.mtu);
  const make = (kind: ClassPlan['kind'], policy: ClassPolicy, minor: number, parent?: number): ClassPlan => {
    const { configured, effective } = policy.rate[direction];
    const ceil = policy.ceil[direction];
    const handle = handles.get(minor);
    const forNow = policy.forNow?.[direction];
    return {
      kind,
      name: policy.name,
      id: classId(direction, minor),
      parent: parent === undefined ? `${majors[direction]}:` : classId(direction, parent),
      rate: effective,
      ...(configured === effective ? {} : { configured }),
      ceil,
      ...(forNow?.rate || forNow?.ceil ? { forNow } : {}),
      burst: fitBurst(policy.tuning.burst?.[direction].value ?? burstFor(effective, frame), effective),
      cburst: fitBurst(policy.tuning.cburst?.[direction].value ?? burstFor(ceil, frame), ceil),
      quantum: policy.tuning.quantum?.value ?? quantumFor(effective),
      overhead: uplink.counting.overhead.value,
      mpu: uplink.counting.mpu.value,
      ...(handle === undefined
        ? {}
        : { leaf: makeLeaf(hex(handle), ceil, possibleLeaf(policy.leaf, kernel), frame) }),
    };
  };
  const guest = (policy: GuestPolicy, parent: number) =>
    make('guest', policy, idOf(ids.guests, policy.name), parent);
  const byGroup = membersByGroup(uplink);
  return {
    direction,
    device,
    root: `${majors[direction]}:`,
    default: hex(unmarkedId),
    link: make('link', linkClass(uplink), ids.link),
    unmarked: make('unmarked', uplink.unmarked, unmarkedId, ids.link),
    ...(direction === 'in' ? { flooded: make('flooded', uplink.flooded, ids.flooded, ids.link) } : {}),
    groups: uplink.groups.map((policy) => {
      const minor = idOf(ids.groups, policy.name);
      const members = byGroup.get(policy.name) ?? [];
      return {
        group: make('group', policy, minor, ids.link),
        guests: members.map((member) => guest(member, minor)),
      };
    }),
    guests: uplink.guests
      .filter((policy) => policy.group === undefined)
      .map((policy) => guest(policy, ids.link)),
  };
}

function linkClass(uplink: UplinkPolicy): ClassPolicy {
  return {
    name: uplink.name,
    rate: both((direction) => ({ configured: uplink.link[direction], effective: uplink.link[direction] })),
    ceil: uplink.link,
    tuning: uplink.tuning,
  };
}

/**
 * A leaf's handle is its class's minor, except for the handles that a device has already: the roots 1: and 2:, and ffff: of
 * clsact. These leaves get the highest handle that no class of the tree has.
 */
function leafHandles(minors: number[]): Map<number, number> {
  const taken = new Set([...minors, majors.out, majors.in, 0xffff]);
  let spare = 0xffff;
  return new Map(
    minors.map((minor) => {
      if (minor !== majors.out && minor !== majors.in && minor !== 0xffff) return [minor, minor];
      while (taken.has(spare)) spare -= 1;
      taken.add(spare);
      return [minor, spare];
    }),
  );
}
