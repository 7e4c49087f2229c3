// What is done at a tap's egress, where what a guest receives is sent to the ifb, and by whom before us.

import type { Random } from '../../faults/random.ts';
import type { World } from '../world.ts';
import { type Action, type Done, damage, foreign, harmless, onTap, pickNic } from './action.ts';

const all = 'protocol all u32 match u32 0 0';

function filter(
  world: World,
  random: Random,
  pref: number,
  action: string,
  way = 'egress',
): Done | undefined {
  const picked = pickNic(world, random);
  if (!picked) return undefined;
  const { tap } = picked.nic;
  return foreign(
    `tc qdisc add dev ${tap} clsact 2>/dev/null || :; tc filter add dev ${tap} ${way} pref ${pref} ${all} ${action}`,
    `tc filter del dev ${tap} ${way} pref ${pref}`,
    onTap(tap, 'in'),
  );
}

export const filterActions: Record<string, Action> = {
  'clsact of a tap deleted': (world, random) => {
    const picked = pickNic(world, random);
    return picked && damage(`tc qdisc del dev ${picked.nic.tap} clsact`);
  },
  'egress filters of a tap deleted': (world, random) => {
    const picked = pickNic(world, random);
    return picked && damage(`tc filter del dev ${picked.nic.tap} egress`);
  },
  'filter of theirs first, with a verdict': (world, random) => filter(world, random, 1, 'flowid 7:7'),
  'filter of theirs first, a mirror': (world, random) =>
    filter(world, random, 1, 'action mirred egress mirror dev lo'),
  'filter of theirs after ours': (world, random) => harmless(filter(world, random, 40_000, 'flowid 7:7')),
  'filter of theirs, incoming mirror': (world, random) =>
    harmless(filter(world, random, 1, 'action mirred egress mirror dev lo', 'ingress')),
  'ingress qdisc in the place of our clsact': (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { tap } = picked.nic;
    return foreign(
      `tc qdisc del dev ${tap} clsact 2>/dev/null || :; tc qdisc add dev ${tap} ingress`,
      `tc qdisc del dev ${tap} ingress`,
      onTap(tap, 'in'),
    );
  },
  'our filter leads elsewhere': (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { tap } = picked.nic;
    const ours = `filter add dev ${tap} egress protocol all pref 30323`;
    return damage(
      `tc filter del dev ${tap} egress; ip link add ifb-x type ifb; ip link set ifb-x up
       tc ${ours} u32 match mark 0x${(0x76730000 + picked.guest.id).toString(16)} 0xffffffff action mirred egress redirect dev ifb-x
       ip link del ifb-x`,
    );
  },
  'ingress qdisc of theirs': (world, random) => {
    const { name } = random.pick(world.uplinks);
    return harmless(foreign(`tc qdisc add dev ${name} ingress`, `tc qdisc del dev ${name} ingress`));
  },
  'clsact of theirs with a mirror at an uplink': (world, random) => {
    const { name } = random.pick(world.uplinks);
    const mirror = `${all} action mirred egress mirror dev lo`;
    return harmless(
      foreign(
        `tc qdisc add dev ${name} clsact && tc filter add dev ${name} egress pref 9 ${mirror}`,
        `tc qdisc del dev ${name} clsact`,
      ),
    );
  },
};
