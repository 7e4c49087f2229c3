// The network devices of this host, from sysfs: no process, however many there are. sysfs shows the
// namespace it was mounted in, which need not be ours, so its list is held against the kernel's own.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '../errors.ts';
import { readIfThere } from '../files.ts';
import type { Device } from './host.ts';

const sysfs = '/sys/class/net';

export function readDevices(): Map<string, Device> {
  return new Map(deviceNames().map((name) => [name, readDevice(name)]));
}

/** @throws Failure when /sys belongs to another network namespace */
export function deviceNames(): string[] {
  // Twice, since a device may come or go between the two lists.
  const names = sameNames() ?? sameNames();
  if (!names) {
    throw new Failure(
      '/sys shows the devices of another network namespace',
      'enter the namespace with "ip netns exec NAME", which mounts its own /sys',
    );
  }
  return names;
}

/** The ports of a bridge, in one look; none when there is no such bridge. */
export function portNames(bridge: string): string[] {
  const folder = `${sysfs}/${bridge}/brif`;
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** @returns the devices' names, or nothing when the two lists disagree */
function sameNames(): string[] | undefined {
  const kernel = readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .flatMap((line) => line.match(/^\s*(\S+):/)?.[1] ?? [])
    .sort();
  const shown = readdirSync(sysfs)
    .filter((name) => existsSync(`${sysfs}/${name}/ifindex`))
    .sort();
  return kernel.join(' ') === shown.join(' ') ? kernel : undefined;
}

/** Bridges with and without ports. @param devices of `readDevices` */
export function readBridges(devices: Map<string, Device>): string[] {
  return [...devices.keys()].filter((name) => existsSync(`${sysfs}/${name}/bridge`)).sort();
}

function readDevice(name: string): Device {
  const tap = existsSync(`${sysfs}/${name}/tun_flags`);
  const master = linkName(`${sysfs}/${name}/master`);
  const physical = !tap && isPhysical(name);
  const speed = tap ? undefined : readSpeed(name);
  return {
    tap,
    ...(physical ? { physical } : {}),
    ...(master ? { master } : {}),
    ...(speed ? { speed } : {}),
  };
}

function isPhysical(name: string): boolean {
  if (existsSync(`${sysfs}/${name}/device`)) return true;
  return /^DEVTYPE=(bond|vlan)$/m.test(readIfThere(`${sysfs}/${name}/uevent`) ?? '');
}

function linkName(path: string): string | undefined {
  try {
    return basename(readlinkSync(path));
  } catch {
    return undefined; // No master: the device is no port.
  }
}

/** Bits per second. The kernel answers -1 or an error for a link that is down or has no speed. */
function readSpeed(name: string): number | undefined {
  try {
    const megabits = Number(readFileSync(`${sysfs}/${name}/speed`, 'utf8'));
    return megabits > 0 ? megabits * 1_000_000 : undefined;
  } catch {
    return undefined;
  }
}
