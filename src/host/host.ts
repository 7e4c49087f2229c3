// What the pipeline needs to know of this host. Read once (read-host.ts), then plain data, so that the
// whole generator runs from a test's file.

import type { LeafKind } from '../config/leaf.ts';

/** How marked packets are sent to the ifb: a fw filter, or the same comparison in classic BPF or by u32. */
export type RedirectKind = 'fw' | 'bpf' | 'u32';

export interface Kernel {
  /** How a class queues where the configuration does not say. */
  leaf: LeafKind;
  redirect: RedirectKind;
  /** Leaves that the configuration may name and this kernel has not. */
  lacking?: LeafKind[];
}

export interface Device {
  /** The bridge this device is a port of. */
  master?: string;
  /** What it lies on: a VLAN device on its NIC. What is a port of it, or of its bond, is not below it but part of it. */
  lower?: string[];
  /** A tun/tap device: a guest's, never an uplink. */
  tap: boolean;
  /** A NIC, a bond or a VLAN device: what an uplink is, and a container's port is not. */
  physical?: boolean;
  /** The other end of a veth pair, where that is on this host too. */
  peer?: string;
  /** Bytes of payload of its largest frame; absent for taps. */
  mtu?: number;
  /** Bits per second as the kernel reports it; absent when it does not know. */
  speed?: number;
  /** Whether the kernel does not know the speed now, as without carrier, and it is what it was last. */
  isRemembered?: true;
}

/** A device in a bridge. */
export interface Port {
  name: string;
  bridge: string;
}

/** One of libvirt's own, whose bridge has no NIC as a port. */
export interface Network {
  name: string;
  /** `isolated` leads nowhere, the others by the host's routing. */
  mode: 'nat' | 'route' | 'open' | 'isolated';
}

export interface Host {
  /** Every network device by name. */
  devices: Map<string, Device>;
  /** libvirt's networks by their bridges; absent where the caller needs none, as in tests. */
  networks?: Map<string, Network>;
  kernel: Kernel;
}

/** A device and all it lies on, from the top down. Whatever leaves by it passes each of them. */
export function stackOf(devices: Host['devices'], name: string): string[] {
  const below = devices.get(name)?.lower ?? [];
  return [...new Set([name, ...below.flatMap((one) => stackOf(devices, one))])];
}

/** Devices with addresses of the host's by which what it routes leaves by another device: itself, or a VLAN on it. */
export function routesOver(devices: Host['devices'], name: string): string[] {
  const isRoute = (one: string) => !devices.get(one)?.master && stackOf(devices, one).includes(name);
  return [...devices.keys()].filter(isRoute).sort();
}

/** In name order. */
export function bridgesOf({ ports }: { ports: Port[] }): string[] {
  return [...new Set(ports.map(({ bridge }) => bridge))].sort();
}
