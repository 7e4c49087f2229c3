// Devices that go down, away, elsewhere, or come back as others.
import type { Random } from '../../faults/random.ts';
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

function oneUplink(command: (name: string, bridge: string) => [string, string], only?: 'in'): Action {
  return (world, random) => {
    const uplink = pickUplink(world, random);
    return uplink && foreign(...command(uplink.name, uplink.bridge), onUplink(uplink.name, only));
  };
}

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
    world.wire.routes(guest.nics);
    return { text: `${nic.tap} is deleted and made anew` };
  },
  'uplink down': oneUplink((name) => [`ip link set ${name} down`, `ip link set ${name} up`]),
  'uplink leaves its bridge': oneUplink((name, bridge) => [
    `ip link set ${name} nomaster`,
    `ip link set ${name} master ${bridge}`,
  ]),
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
      world.wire.routes(world.guests.flatMap(({ nics }) => nics));
    };
    return { text: `ip link del ${uplink.name}`, undo, spoils: onUplink(uplink.name) };
  },
  'uplink remade': (world, random) => {
    const uplink = pickUplink(world, random);
    if (!uplink || !attempt(`ip link del ${uplink.name}`)) return undefined;
    world.wire.cable(uplink.name, uplink.bridge);
    world.wire.routes(world.guests.flatMap(({ nics }) => nics));
    return { text: `${uplink.name} is deleted and made anew` };
  },
  'bridge down': oneUplink((_name, bridge) => [`ip link set ${bridge} down`, `ip link set ${bridge} up`]),
  'bridge remade': (world, random) => {
    const { bridge } = random.pick(world.uplinks);
    const command = `ports=$(ls /sys/class/net/${bridge}/brif); ip link del ${bridge}; ip link add ${bridge} type bridge
      ip link set ${bridge} up; for port in $ports; do ip link set $port master ${bridge}; done`;
    return attempt(command) ? { text: `${bridge} is deleted and made anew with its ports` } : undefined;
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
