// Devices that go down, away, elsewhere, or come back as others.
import { spawnSync } from 'node:child_process';
import type { Random } from '../../faults/random.ts';
import { macOf } from '../wire.ts';
import type { World } from '../world.ts';
import {
  type Action,
  attempt,
  type Done,
  damage,
  foreign,
  harmless,
  onTap,
  onUplink,
  pickNic,
} from './action.ts';

const pickUplink = (world: World, random: Random) => {
  const free = world.uplinks.filter(({ name }) => !world.renamed.has(name));
  return free.length > 0 ? random.pick(free) : undefined;
};

/** Under another name, until it has its own again. */
function rename(world: World, device: string, spoils: Done['spoils']): Done | undefined {
  if (world.renamed.has(device)) return undefined;
  const other = `x-${device}`;
  const move = (from: string, to: string) =>
    `ip link set ${from} name ${to} 2>/dev/null || { ip link set ${from} down; ip link set ${from} name ${to}; ip link set ${to} up; }`;
  const done = foreign(move(device, other), move(other, device), spoils);
  if (!done) return undefined;
  world.renamed.set(device, other);
  const undo = () => {
    world.renamed.delete(device);
    done.undo?.();
  };
  return { ...done, text: `ip link set ${device} name ${other}`, undo };
}

function onePort(command: (tap: string) => [string, string]): Action {
  return (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { tap } = picked.nic;
    return foreign(...command(tap), onTap(tap));
  };
}

function oneUplink(command: (name: string) => [string, string], only?: 'in'): Action {
  return (world, random) => {
    const uplink = pickUplink(world, random);
    return uplink && foreign(...command(uplink.name), onUplink(uplink.name, only));
  };
}

const pickBridge = (world: World, random: Random) => random.pick(world.bridges());

/** What passes it: of its own guests, and of those that the host routes to its uplink. */
const onBridge =
  (world: World, bridge: string): Done['spoils'] =>
  (nic) =>
    nic.bridge === bridge || world.bridgeOf(nic.uplink) === bridge;

export const deviceActions: Record<string, Action> = {
  'ifb down': (world, random) => damage(`ip link set ifb-${random.pick(world.uplinks).name} down`),
  'ifb deleted': (world, random) => damage(`ip link del ifb-${random.pick(world.uplinks).name}`),
  'ifb remade by somebody': oneUplink((name) => {
    const ifb = `ifb-${name}`;
    return [
      `ip link del ${ifb} 2>/dev/null || :; ip link add ${ifb} type ifb; ip link set ${ifb} up`,
      `ip link del ${ifb}`,
    ];
  }, 'in'),
  'something else is called like our ifb': oneUplink((name) => {
    const ifb = `ifb-${name}`;
    return [`ip link del ${ifb} 2>/dev/null || :; ip link add ${ifb} type bridge`, `ip link del ${ifb}`];
  }, 'in'),
  'ifb renamed': (world, random) => {
    const uplink = pickUplink(world, random);
    if (!uplink) return undefined;
    const ifb = `ifb-${uplink.name}`;
    return damage(`ip link set ${ifb} down; ip link set ${ifb} name x-${ifb}; ip link set x-${ifb} up`);
  },
  'ifb with another queue length': (world, random) =>
    damage(`ip link set ifb-${random.pick(world.uplinks).name} txqueuelen 7`),
  'tap down': onePort((tap) => [`ip link set ${tap} down`, `ip link set ${tap} up`]),
  'tap leaves its bridge': (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { tap, bridge } = picked.nic;
    return foreign(`ip link set ${tap} nomaster`, `ip link set ${tap} master ${bridge}`, onTap(tap));
  },
  'tap renamed': (world, random) => {
    const picked = pickNic(world, random);
    return picked && rename(world, picked.nic.tap, onTap(picked.nic.tap));
  },
  'tap remade': (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { guest, nic } = picked;
    if (!attempt(`ip link del ${nic.tap}`)) return undefined;
    world.wire.cable(nic.tap, nic.bridge);
    world.routes(guest.nics);
    return { text: `${nic.tap} is deleted and made anew` };
  },
  'uplink down': oneUplink((name) => [`ip link set ${name} down`, `ip link set ${name} up`]),
  'uplink leaves its bridge': (world, random) => {
    const { name, bridge } = pickUplink(world, random) ?? {};
    if (!name || !bridge) return undefined;
    return foreign(`ip link set ${name} nomaster`, `ip link set ${name} master ${bridge}`, onUplink(name));
  },
  'uplink renamed': (world, random) => {
    const uplink = pickUplink(world, random);
    return uplink && rename(world, uplink.name, onUplink(uplink.name));
  },
  'uplink deleted': (world, random) => {
    const uplink = pickUplink(world, random);
    if (!uplink || !attempt(`ip link del ${uplink.name}`)) return undefined;
    const undo = () => {
      if (attempt(`ip link show ${uplink.name}`)) return;
      world.wire.cable(uplink.name, uplink.bridge);
      world.routes();
    };
    return { text: `ip link del ${uplink.name}`, undo, spoils: onUplink(uplink.name) };
  },
  'uplink remade': (world, random) => {
    const uplink = pickUplink(world, random);
    if (!uplink || !attempt(`ip link del ${uplink.name}`)) return undefined;
    world.wire.cable(uplink.name, uplink.bridge);
    world.routes();
    return { text: `${uplink.name} is deleted and made anew` };
  },
  'bridge down': (world, random) => {
    const { bridge } = pickBridge(world, random);
    return foreign(`ip link set ${bridge} down`, `ip link set ${bridge} up`, onBridge(world, bridge));
  },
  'bridge deleted': (world, random) => {
    const { bridge } = pickBridge(world, random);
    const ports = `/sys/class/net/${bridge}/brif`;
    const names = spawnSync('ls', [ports], { encoding: 'utf8' }).stdout.trim().split(/\s+/).filter(Boolean);
    const back = names.map((port) => `ip link set ${port} master ${bridge} 2>/dev/null || :`);
    return foreign(
      `ip link del ${bridge}`,
      `ip link add ${bridge} address ${macOf(bridge)} type bridge; ip link set ${bridge} up; ${back.join('; ')}`,
      onBridge(world, bridge),
    );
  },
  'bridge remade': (world, random) => {
    const { bridge } = pickBridge(world, random);
    const command = `ports=$(ls /sys/class/net/${bridge}/brif); ip link del ${bridge}
      ip link add ${bridge} address ${macOf(bridge)} type bridge
      ip link set ${bridge} up; for port in $ports; do ip link set $port master ${bridge}; done`;
    return attempt(command) ? { text: `${bridge} is deleted and made anew with its ports` } : undefined;
  },
  "a tap's MAC changed": (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const mac = `02:00:00:00:09:0${random.integer(1, 9)}`;
    return harmless(damage(`ip link set ${picked.nic.tap} address ${mac}`));
  },
  "a guest's MAC changed": (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { tap } = picked.nic;
    world.wire.move(tap, `02:00:00:00:0a:${(0x10 + picked.nic.index).toString(16)}`);
    const undo = () => {
      if (attempt(`ip link show ${tap}`)) world.wire.move(tap);
    };
    return harmless({ text: `the guest at ${tap} sends from another address`, undo });
  },
  "our ifb's group taken": oneUplink(
    (name) => [`ip link set ifb-${name} group 0`, `ip link set ifb-${name} group 30323`],
    'in',
  ),
  "our ifb's alias changed": (world, random) =>
    damage(`ip link set ifb-${random.pick(world.uplinks).name} alias theirs`),
  'a queue of theirs on a tap': (world, random) => {
    const picked = pickNic(world, random);
    if (!picked) return undefined;
    const { tap } = picked.nic;
    const add = `tc qdisc replace dev ${tap} root tbf rate 900mbit burst 200k latency 50ms`;
    return harmless(foreign(add, `tc qdisc del dev ${tap} root`));
  },
  'the default route moves off an uplink': (world) => {
    const { uplink } = world.bridges().find(({ isRouted }) => isRouted) ?? {};
    const device = 'eth9';
    if (!uplink || world.wire.detours.has(uplink)) return undefined;
    world.wire.cable(device);
    if (!attempt(`ip route add default dev ${device}`)) return undefined;
    world.wire.detours.set(uplink, device);
    world.routes();
    const undo = () => {
      world.wire.detours.delete(uplink);
      attempt(`ip link del ${device}`);
      world.routes();
    };
    const spoils: Done['spoils'] = (nic) => nic.routed === true && nic.uplink === uplink;
    return {
      text: `ip route add default dev ${device}, and what is routed to ${uplink} with it`,
      undo,
      spoils,
    };
  },
  'another name for an uplink': (world, random) => {
    const uplink = pickUplink(world, random);
    if (!uplink) return undefined;
    const name = `other-${uplink.name}`;
    const command = (verb: string) => `ip link property ${verb} dev ${uplink.name} altname ${name}`;
    return harmless(foreign(command('add'), command('del')));
  },
  'MTU of an uplink': (world, random) => {
    const uplink = pickUplink(world, random);
    if (!uplink) return undefined;
    return harmless(foreign(`ip link set ${uplink.name} mtu 1400`, `ip link set ${uplink.name} mtu 1500`));
  },
};
