// Settings of the kernel that decide which chains a frame passes, and whether it is sent on.

import { readIfThere } from '../system/files.ts';
import { readQuietly } from './read-host.ts';

/** Whether br_netfilter hands what crosses a bridge to the chains of IP: of every bridge, or of one of these. */
export function readBridged(bridges: string[]): { ip: boolean; ip6: boolean } {
  const isOn = (name: string) =>
    readIfThere(`/proc/sys/net/bridge/bridge-nf-call-${name}`)?.trim() === '1' ||
    bridges.some((bridge) => readQuietly(`${bridge}/bridge/nf_call_${name}`)?.trim() === '1');
  return { ip: isOn('iptables'), ip6: isOn('ip6tables') };
}

/** Whether the kernel forwards what it gets by one device to another, of IPv4 or IPv6. */
export function isRouter(): boolean {
  const names = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'];
  return names.some((name) => !['', '0', undefined].includes(readIfThere(`/proc/sys/net/${name}`)?.trim()));
}
