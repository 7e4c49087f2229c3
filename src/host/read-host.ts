// Reads the host's network devices from sysfs, without a process. A sysfs mount shows the namespace it was mounted in, which need
// not be ours, so its list is compared with the kernel's own.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '../system/errors.ts';
import type { Device } from './host.ts';

const sysfs = '/sys/class/net';
/** Where the links of that folder lead for all devices that are no hardware. */
const virtual = '/sys/devices/virtual/net';

export function readDevices(): Map<string, Device> {
  const devices = new Map<string, Device>();
  // There may be a thousand taps, and a guest's start waits for each read that is done for all of them.
  const others: string[] = [];
  for (const name of deviceNames()) {
    const tap = existsSync(`${virtual}/${name}/tun_flags`); // Without the link, which takes as long again.
    if (!tap) others.push(name);
    const device = readDevice(name, tap);
    if (device) devices.set(name, device);
  }
  // One read for each bridge instead of one for each port.
  for (const master of others) {
    for (const port of portNames(master)) {
      const device = devices.get(port);
      if (device) devices.set(port, { ...device, master });
    }
  }
  addPeers(devices, others);
  return devices;
}

/** For ports that are no NICs: a veth pair between two bridges may look like a bridge's only uplink. */
function addPeers(devices: Map<string, Device>, others: string[]): void {
  const ports = others.flatMap((name): [string, Device][] => {
    const device = devices.get(name);
    return device?.master && !device.physical && !device.lower ? [[name, device]] : [];
  });
  const numbers = ports.map(([name, device]) => ({
    name,
    device,
    own: readQuietly(`${name}/ifindex`),
    peer: readQuietly(`${name}/iflink`),
  }));
  for (const { device, own, peer } of numbers) {
    const other = own !== peer && numbers.find((one) => one.own === peer && one.peer === own);
    if (other) device.peer = other.name;
  }
}

/** How often the two lists may differ before another namespace is the reason. */
const tries = 10;

/** @throws Failure when /sys belongs to another network namespace */
export function deviceNames(): string[] {
  let always: string[] | undefined;
  for (let count = 0; count < tries; count += 1) {
    const [kernel, shown] = [kernelNames(), sysfsNames()];
    const apart = differing(kernel, shown).filter((one) => !isDying(one));
    if (apart.length === 0) return [...kernel].filter((name) => shown.has(name));
    // A device may appear or vanish between the two lists; in another namespace the same ones differ each time.
    always = always?.filter((one) => apart.includes(one)) ?? apart;
    if (always.length === 0) return [...kernel].filter((name) => shown.has(name));
    Atomics.wait(pause, 0, 0, 5);
  }
  throw new Failure(
    '/sys shows the devices of another network namespace',
    'enter the namespace with "ip netns exec NAME", which mounts its own /sys',
  );
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** A device being unregistered has left the kernel's list, and stays in /sys without attributes while references to it remain. */
function isDying(one: string): boolean {
  const [side, name] = one.split(' ');
  return side === 'sysfs' && readQuietly(`${name}/ifindex`) === undefined;
}

/** The names in one list only, each with the list that has it. */
function differing(kernel: Set<string>, shown: Set<string>): string[] {
  const only = (some: Set<string>, others: Set<string>, side: string) =>
    [...some].filter((name) => !others.has(name)).map((name) => `${side} ${name}`);
  return [...only(kernel, shown, 'kernel'), ...only(shown, kernel, 'sysfs')];
}

function kernelNames(): Set<string> {
  const lines = readFileSync('/proc/self/net/dev', 'utf8').split('\n').slice(2);
  return new Set(lines.flatMap((line) => line.match(/^\s*(\S+):/)?.[1] ?? []).sort());
}

/** The bonding driver's file among the devices. */
function sysfsNames(): Set<string> {
  try {
    return new Set(readdirSync(sysfs).filter((name) => name !== 'bonding_masters'));
  } catch (error) {
    throw new Failure(
      `the network devices cannot be seen: ${(error as Error).message}`,
      'virt-shaper needs /sys to be mounted',
    );
  }
}

/** The ports of a bridge, by one read; none when there is no such bridge. */
export function portNames(bridge: string): string[] {
  return entriesOf(`${bridge}/brif`);
}

/** The entries of a folder; none for a device that has just vanished. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(`${sysfs}/${folder}`);
  } catch {
    return [];
  }
}

/** @returns undefined where the device or the attribute does not exist */
export function readQuietly(file: string): string | undefined {
  try {
    return readFileSync(`${sysfs}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** MAC address, in lower case -> the first of these devices that has it. */
export function readAddresses(names: string[]): Map<string, string> {
  const pairs = names.flatMap((name) => {
    const address = readQuietly(`${name}/address`)?.trim();
    return address ? [[address, name] as const] : [];
  });
  return new Map(pairs.reverse());
}

/** Bridges with and without ports. @param devices of `readDevices` */
export function readBridges(devices: Map<string, Device>): string[] {
  return [...devices.keys()].filter((name) => existsSync(`${sysfs}/${name}/bridge`)).sort();
}

/** @returns nothing for a device that vanished while it was read */
function readDevice(name: string, tap: boolean): Device | undefined {
  if (tap) return { tap };
  const lower = readLower(name);
  const physical = isPhysical(name);
  const speed = readSpeed(name);
  const mtu = Number(readQuietly(`${name}/mtu`));
  if (!existsSync(`${sysfs}/${name}`)) return undefined;
  return {
    tap,
    ...(physical ? { physical } : {}),
    ...(lower.length > 0 ? { lower } : {}),
    ...(mtu > 0 ? { mtu } : {}),
    ...(speed ? { speed } : {}),
  };
}

/** A bridge or a bond also has `lower_` links to its ports, whose master it is. */
function readLower(name: string): string[] {
  const links = entriesOf(name).filter((entry) => entry.startsWith('lower_'));
  const below = links.map((link) => link.slice('lower_'.length)).sort();
  return linkName(`${sysfs}/${below[0]}/master`) === name ? [] : below;
}

function isPhysical(name: string): boolean {
  if (existsSync(`${sysfs}/${name}/device`)) return true;
  return /^DEVTYPE=(bond|vlan)$/m.test(readQuietly(`${name}/uevent`) ?? '');
}

function linkName(path: string): string | undefined {
  try {
    return basename(readlinkSync(path));
  } catch {
    return undefined; // Not there: the device is no port.
  }
}

function readSpeed(name: string): number | undefined {
  return parseSpeed(readQuietly(`${name}/speed`));
}

/**
 * @param text of sysfs: -1 for a link that is down or has no speed; absent where the kernel answers with an error
 * @returns bits per second
 */
export function parseSpeed(text: string | undefined): number | undefined {
  const megabits = Number(text);
  return megabits > 0 ? megabits * 1_000_000 : undefined;
}
