// The facts of this host that the pipeline uses: read once (read-host.ts), then plain data, so that a test can run the whole
// pipeline from a file.

import type { LeafKind } from '../config/leaf.ts';

/** How marked packets are redirected to the ifb: a fw filter, or the same comparison by classic BPF or u32. */
export type RedirectKind = 'fw' | 'bpf' | 'u32';

export interface Kernel {
  /** The leaf where the configuration names none. */
  leaf: LeafKind;
  redirect: RedirectKind;
  /** Leaves that this kernel lacks. */
  lacking?: LeafKind[];
}

export interface Device {
  /** The bridge this device is a port of. */
  master?: string;
  /** The device below it: a VLAN device's NIC. A bond's members are not below it but parts of it. */
  lower?: string[];
  /** Whether it is a tun/tap device: a guest's, never an uplink. */
  tap: boolean;
  /** Whether it is a NIC, a bond or a VLAN device, as an uplink is and a container's port is not. */
  physical?: boolean;
  /** The peer of a veth, where that is in this namespace too. */
  peer?: string;
  /** Its MTU in bytes; absent for taps. */
  mtu?: number;
  /** Bits per second as the kernel reports it; absent when it does not know. */
  speed?: number;
  /** Whether `speed` is the last known one, since the kernel reports none now, as without carrier. */
  isRemembered?: true;
}

/** A device that is a port of a bridge. */
export interface Port {
  name: string;
  bridge: string;
}

/** A network of libvirt's, whose bridge has no NIC as a port. */
export interface Network {
  name: string;
  /** `isolated` has no way out; the others are routed by the host. */
  mode: 'nat' | 'route' | 'open' | 'isolated';
}

export interface Host {
  /** Every network device by name. */
  devices: Map<string, Device>;
  /** libvirt's networks by their bridges; absent where the caller needs none, as in tests. */
  networks?: Map<string, Network>;
  kernel: Kernel;
}

/** A device and all devices below it, from the top down: a frame that it sends passes each of them. */
export function stackOf(devices: Host['devices'], name: string): string[] {
  const below = devices.get(name)?.lower ?? [];
  return [...new Set([name, ...below.flatMap((one) => stackOf(devices, one))])];
}

/** The devices by which routed packets leave by this one: itself, and VLANs on it. */
export function routesOver(devices: Host['devices'], name: string): string[] {
  const isRoute = (one: string) => !devices.get(one)?.master && stackOf(devices, one).includes(name);
  return [...devices.keys()].filter(isRoute).sort();
}

/** Sorted by name. */
export function bridgesOf({ ports }: { ports: Port[] }): string[] {
  return [...new Set(ports.map(({ bridge }) => bridge))].sort();
}
