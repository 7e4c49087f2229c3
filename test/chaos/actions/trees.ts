// What is done to our trees, and what somebody puts in their place.
import type { Random } from '../../faults/random.ts';
import type { World } from '../world.ts';
import {
  type Action,
  attempt,
  type Done,
  damage,
  foreign,
  harmless,
  hex,
  onUplink,
  pickNic,
} from './action.ts';

/** A guest's class in one direction. */
function pickClass(world: World, random: Random) {
  const picked = pickNic(world, random);
  if (!picked) return undefined;
  const { guest, nic } = picked;
  const isOut = random.chance(0.5);
  const device = isOut ? nic.uplink : `ifb-${nic.uplink}`;
  return { device, id: `${isOut ? 1 : 2}:${hex(guest.id)}` };
}

function pickTree(world: World, random: Random): { device: string; uplink: string; way: 'out' | 'in' } {
  const { name } = random.pick(world.uplinks);
  return random.chance(0.5)
    ? { device: name, uplink: name, way: 'out' }
    : { device: `ifb-${name}`, uplink: name, way: 'in' };
}

function rootOfTheirs(kind: string): Action {
  return (world, random): Done | undefined => {
    const { device, uplink, way } = pickTree(world, random);
    // They take ours away first, as scripts do: no root of another kind replaces an HTB with its handle.
    attempt(`tc qdisc del dev ${device} root`);
    return foreign(
      `tc qdisc replace dev ${device} root ${kind}`,
      `tc qdisc del dev ${device} root`,
      onUplink(uplink, way),
    );
  };
}

export const treeActions: Record<string, Action> = {
  'root of an uplink deleted': (world, random) =>
    damage(`tc qdisc del dev ${random.pick(world.uplinks).name} root`),
  'root of an ifb deleted': (world, random) =>
    damage(`tc qdisc del dev ifb-${random.pick(world.uplinks).name} root`),
  'root of theirs, pfifo': rootOfTheirs('pfifo'),
  'root of theirs, tbf': rootOfTheirs('tbf rate 900mbit burst 200k latency 50ms'),
  'root of theirs, HTB with our handle': rootOfTheirs('handle 1: htb default 30'),
  'class deleted': (world, random) => {
    const one = pickClass(world, random);
    if (!one) return undefined;
    const { device, id } = one;
    return damage(`tc qdisc del dev ${device} parent ${id}; tc class del dev ${device} classid ${id}`);
  },
  'class changed': (world, random) => {
    const one = pickClass(world, random);
    if (!one) return undefined;
    const { device, id } = one;
    const ceil = random.pick(['3mbit', '900mbit']);
    return damage(`tc class change dev ${device} classid ${id} htb rate 2mbit ceil ${ceil} quantum 3000`);
  },
  'leaf deleted': (world, random) => {
    const one = pickClass(world, random);
    return one && damage(`tc qdisc del dev ${one.device} parent ${one.id}`);
  },
  'leaf replaced': (world, random) => {
    const one = pickClass(world, random);
    return one && damage(`tc qdisc replace dev ${one.device} parent ${one.id} pfifo limit 500`);
  },
  'a class of theirs in our tree': (world, random) => {
    const { device, way } = pickTree(world, random);
    const major = way === 'out' ? 1 : 2;
    return damage(
      `tc class add dev ${device} parent ${major}: classid ${major}:eee htb rate 1mbit quantum 3000`,
    );
  },
  'filter of theirs at our root': (world, random) => {
    const { name } = random.pick(world.uplinks);
    const filter = `dev ${name} parent 1: pref 7 protocol all`;
    return harmless(
      foreign(`tc filter add ${filter} u32 match u32 0 0 flowid 1:fffe`, `tc filter del ${filter}`),
    );
  },
};
