// Sysctls that decide which chains a frame passes, and whether it is forwarded.

import { readIfThere } from '../system/files.ts';
import { readQuietly } from './read-host.ts';

/** Whether br_netfilter passes bridged frames to IP's chains: on every bridge, or on one of these. */
export function readBridged(bridges: string[]): { ip: boolean; ip6: boolean } {
  const isOn = (name: string) =>
    readIfThere(`/proc/sys/net/bridge/bridge-nf-call-${name}`)?.trim() === '1' ||
    bridges.some((bridge) => readQuietly(`${bridge}/bridge/nf_call_${name}`)?.trim() === '1');
  return { ip: isOn('iptables'), ip6: isOn('ip6tables') };
}

/** Whether the kernel forwards between devices, for IPv4 or IPv6. */
export function isRouter(): boolean {
  const names = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'];
  return names.some((name) => !['', '0', undefined].includes(readIfThere(`/proc/sys/net/${name}`)?.trim()));
}
