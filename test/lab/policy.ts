// Who is on the demo's host and what each is promised. The configuration virt-shaper reads and every figure
// the demo expects are made from this one object, so that they cannot disagree.
import { emulated } from '../support/patience.ts';
import type { Family } from './iperf.ts';

export const mbit = 1_000_000;

/** What the rates of hosts that are flooded are multiples of: an emulated CPU sends some 40 mbit, all flows together. */
export const floodedMbit = emulated ? mbit / 4 : mbit;

export interface LabGuest {
  name: string;
  /** A name in `policy.groups`. */
  group?: string;
  /** Bits per second, the same in both directions. */
  rate: number;
  ceil: number;
  /** On a bridge without an uplink: the host routes for it, as for those of libvirt's `default` network. */
  routed?: boolean;
}

/** What is there where a guest is routed. */
export const router = { bridge: 'virbr0', net: { 4: '10.98.0', 6: 'fd98:' } };

export const policy = {
  bridge: 'br0',
  uplink: { name: 'eth0', ceil: 1000 * mbit },
  groups: { friends: { ceil: 30 * mbit } } as Record<string, { ceil: number }>,
  guests: [
    { name: 'cliff', group: 'friends', rate: 15 * mbit, ceil: 30 * mbit },
    { name: 'rob', group: 'friends', rate: 15 * mbit, ceil: 30 * mbit },
    { name: 'jason', rate: 30 * mbit, ceil: 30 * mbit },
    { name: 'nora', rate: 20 * mbit, ceil: 20 * mbit, routed: true },
  ] as LabGuest[],
};

/** The same as virt-shaper's config.toml. */
export function toToml({ bridge, uplink, groups, guests }: typeof policy): string {
  const tables = [
    [
      `uplink.${uplink.name}`,
      {
        bridge: `"${bridge}"`,
        ...(guests.some(({ routed }) => routed) ? { routed: `"${router.bridge}"` } : {}),
        ceil: uplink.ceil,
      },
    ],
    ...Object.entries(groups).map(([name, { ceil }]) => [`group.${name}`, { ceil }]),
    ...guests.map(({ name, group, rate, ceil }) => [
      `guest.${name}`,
      { ...(group ? { group: `"${group}"` } : {}), rate, ceil },
    ]),
  ] as [string, Record<string, unknown>][];
  return tables
    .flatMap(([name, keys]) => [
      `[${name}]`,
      ...Object.entries(keys).map(([key, value]) => `${key} = ${value}`),
      '',
    ])
    .join('\n');
}

/** Bytes of payload in a UDP packet of the lab: fits a frame with either family's headers. */
export const udpLength = 1400;

// HTB counts a frame without its FCS: 14 bytes of Ethernet, then IP, then UDP, or TCP with timestamps.
const ethernet = 14;
const ip: Record<Family, number> = { 4: 20, 6: 40 };
const mtu = 1500;

/** The share of a frame that is payload: what a ceil of 1 bit/s lets an application receive. */
export function payloadShare(protocol: 'tcp' | 'udp', family: Family): number {
  if (protocol === 'udp') return udpLength / (ethernet + ip[family] + 8 + udpLength);
  return (mtu - ip[family] - 32) / (ethernet + mtu);
}
