// What happens to real frames now: each guest's NIC, in both directions. A frame is shaped when it arrives and its
// guest's own class in the right tree has counted it; where it arrives without, nothing limits it, or not as that guest.
import { spawnSync } from 'node:child_process';
import { type Direction, directions, frames, type Nic, wireKey } from './wire.ts';
import type { World } from './world.ts';

/** `partly`: some of them each way. `cut`: not all arrive. */
export type Fate = 'shaped' | 'unshaped' | 'partly' | 'cut';

export interface Truth {
  guest: string;
  nic: Nic;
  direction: Direction;
  fate: Fate;
  /** What its uplink is called now. */
  uplink: string;
  /** The devices between guest and world are there, up and joined: who cuts it off is no matter of devices. */
  joined: boolean;
  /** The host routes it to an uplink that has no way to the world just now, which is between the host and its routes. */
  astray: boolean;
  /** Of its class, as tc shows it; absent when there is none. */
  ceil?: string;
  /** That its class has counted since it was made. */
  packets: number;
  /** What was counted, for people. */
  shown: string;
}

interface Counted {
  packets: number;
  ceil: string;
}

export function lookAtFrames(world: World): Truth[] {
  const nics = world.nics();
  world.routes();
  const links = readLinks();
  const joined = new Map(nics.map(({ nic }) => [nic, isJoined(world, nic, links)]));
  const before = readClasses(world);
  // Who has no way to the world sends none: at a bridge that does not know him they would flood to all others.
  const arrived = world.wire.send(nics.map(({ nic }) => nic).filter((nic) => joined.get(nic)));
  const after = readClasses(world);
  return nics.flatMap(({ guest, nic }) =>
    directions.map((direction): Truth => {
      const keys = classesOf(world, guest.id, nic.uplink, direction);
      const has = arrived.get(wireKey(nic, direction)) ?? 0;
      const own = keys.flatMap((key) => after.get(key) ?? [])[0];
      const counted = sum(after, keys) - sum(before, keys);
      const shaped = Math.min(counted, frames);
      const fate = has < frames ? 'cut' : shaped === frames ? 'shaped' : shaped === 0 ? 'unshaped' : 'partly';
      return {
        guest: guest.name,
        nic,
        direction,
        fate,
        uplink: world.named(nic.uplink),
        joined: joined.get(nic) ?? false,
        astray: nic.routed === true && !leadsOut(world, nic, links),
        ...(own ? { ceil: own.ceil } : {}),
        packets: sum(after, keys),
        shown: `${has} of ${frames} arrived, ${counted} by ${keys.join(' or ')}`,
      };
    }),
  );
}

/** Under an uplink's own name and, where somebody gave it another, under that. */
function classesOf(world: World, id: number, uplink: string, direction: Direction): string[] {
  const names = [...new Set([uplink, world.named(uplink)])];
  const hex = id.toString(16);
  return names.map((name) => (direction === 'out' ? `${name} 1:${hex}` : `ifb-${name} 2:${hex}`));
}

function sum(classes: Map<string, Counted>, keys: string[]): number {
  return keys.reduce((packets, key) => packets + (classes.get(key)?.packets ?? 0), 0);
}

interface Link {
  ifname: string;
  master?: string;
  flags: string[];
}

function readLinks(): Map<string, Link> {
  const { stdout } = spawnSync('ip', ['-j', 'link'], { encoding: 'utf8' });
  return new Map((JSON.parse(stdout) as Link[]).map((link) => [link.ifname, link]));
}

function isJoined(world: World, nic: Nic, links: Map<string, Link>): boolean {
  return isPort(world, nic.tap, nic.bridge, links) && leadsOut(world, nic, links);
}

function leadsOut(world: World, nic: Nic, links: Map<string, Link>): boolean {
  const { uplink } = nic;
  const exit = world.wire.exitOf(nic);
  if (exit !== uplink) return isUp(exit, links);
  const above = world.bridgeOf(uplink);
  return above ? isPort(world, uplink, above, links) : isUp(world.named(uplink), links);
}

function isPort(world: World, name: string, of: string, links: Map<string, Link>): boolean {
  const port = world.named(name);
  return isUp(of, links) && isUp(port, links) && links.get(port)?.master === of;
}

function isUp(name: string, links: Map<string, Link>): boolean {
  return links.get(name)?.flags.includes('UP') === true;
}

/** By `device id`. A guest on two NICs of one uplink would be counted in one class; nobody here has that. */
function readClasses(world: World): Map<string, Counted> {
  const names = world.uplinks.flatMap(({ name }) => [...new Set([name, world.named(name)])]);
  const devices = names.flatMap((name) => [name, `ifb-${name}`]);
  const lines = devices.flatMap((device) => [`class show dev ${device}`, 'qdisc show dev lo']);
  const { stdout } = spawnSync('tc', ['-s', '-force', '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
  });
  const parts = stdout.split(/^qdisc noqueue 0: .*\n(?: .*\n)*/m);
  return new Map(
    devices.flatMap((device, index) =>
      [
        ...(parts[index] ?? '').matchAll(/^class htb (\S+) .*? ceil (\S+) .*\n Sent \d+ bytes (\d+) pkt/gm),
      ].map(([, id, ceil = '', packets]) => [`${device} ${id}`, { packets: Number(packets), ceil }] as const),
    ),
  );
}
