// Ways out of a host that are more than a NIC in a bridge: devices that lie on it, each leading to the same one on
// the far side. The far side, `wire`, and the guests are namespaces of their own, so that what arrives has crossed.
import { spawnSync } from 'node:child_process';
import { sh } from './host.ts';

/** How a port of a bridge lies on a NIC. Its name is `NIC.ID` for all kinds. */
export type Kind = 'vlan' | 'vxlan';

/** @returns why this kernel cannot make such devices */
export function needsLink(type: string, more = ''): string | undefined {
  const made = spawnSync('sh', [
    '-c',
    `ip link add probe0 type dummy || ip link add probe0 type ifb; ip link add probe1 ${more} type ${type}`,
  ]);
  spawnSync('sh', ['-c', 'ip link del probe1; ip link del probe0']);
  return made.status === 0 ? undefined : `this kernel has no ${type.split(' ')[0]} devices`;
}

export function needsKind(kind: Kind): string | undefined {
  return kind === 'vlan' ? needsLink('vlan id 5', 'link probe0') : needsLink('vxlan id 5 dstport 4789');
}

/** A NIC whose other end is in `wire`, called alike there. */
export function nic(name: string): void {
  const number = name.replace(/\D/g, '');
  sh(`ip netns add wire 2>/dev/null || true
      ip link add ${name} type veth peer name ${name} netns wire
      ip link set ${name} up; ip -n wire link set ${name} up; ip -n wire link set lo up
      ip addr add 192.0.2.${Number(number) * 4 + 1}/30 dev ${name}
      ip -n wire addr add 192.0.2.${Number(number) * 4 + 2}/30 dev ${name}`);
}

/** A port of a bridge on a NIC of `nic`; its counterpart in `wire` has an address, or is in a bridge itself. */
export function portOn(below: string, id: number, kind: Kind, bridge: string, far: string): void {
  const name = `${below}.${id}`;
  const number = Number(below.replace(/\D/g, '')) * 4;
  const link = (local: number, remote: number) =>
    kind === 'vlan'
      ? `link add link ${below} name ${name} type vlan id ${id}`
      : `link add ${name} type vxlan id ${id} local 192.0.2.${local} remote 192.0.2.${remote} dstport 4789 dev ${below}`;
  const isBridge = /^[a-z]/.test(far);
  sh(`ip ${link(number + 1, number + 2)}; ip -n wire ${link(number + 2, number + 1)}
      ip link show ${bridge} >/dev/null 2>&1 || ip link add ${bridge} type bridge
      ip link set ${bridge} up; ip link set ${name} master ${bridge} up
      ip -n wire link set ${name} up
      ${isBridge ? `ip -n wire link set ${name} master ${far}` : `ip -n wire addr add ${far}/24 dev ${name}`}`);
}

/** A guest's NIC on a bridge. Its namespace is called like the guest. */
export function guestNic(guest: string, tap: string, bridge: string, address: string): void {
  sh(`ip netns add ${guest} 2>/dev/null || true
      ip link add ${tap} type veth peer name g-${tap} netns ${guest}
      ip link set ${tap} master ${bridge} up
      ip -n ${guest} link set g-${tap} up; ip -n ${guest} addr add ${address}/24 dev g-${tap}`);
}

/** Some large packets to an address and back; each must arrive. */
export function talk(space: string, address: string): void {
  sh(`ip netns exec ${space} ping -q -c 1 -w 10 ${address}`);
  sh(`ip netns exec ${space} ping -q -c ${talked} -i 0.01 -w 10 -s 1000 ${address}`);
}

export const talked = 20;

export interface Counted {
  packets: number;
  bytes: number;
}

export function counted(device: string, id: string): Counted {
  const [, bytes, packets] =
    sh(`tc -s class show dev ${device} classid ${id}`).match(/Sent (\d+) bytes (\d+) pkt/) ?? [];
  return { packets: Number(packets ?? -1), bytes: Number(bytes ?? -1) };
}

export function endSpaces(): void {
  spawnSync('ip', ['-all', 'netns', 'delete']);
}
