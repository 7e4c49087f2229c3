// A virtualisation host in namespaces: a bridge with its uplink to `outside`, and guests whose NICs are plugged
// in when libvirt would do it. A guest is a namespace, its tap the host's end of a veth pair: virt-shaper
// cannot tell it from a virtual machine's.
import type { Namespaces } from '../support/netns.ts';
import type { Station } from './iperf.ts';
import { type LabGuest, type policy, router } from './policy.ts';

export interface Guest extends Station, LabGuest {
  tap: string;
  mac: string;
  uuid: string;
}

export interface Host extends Station {
  outside: Station;
  guests: Guest[];
}

const bridged = { 4: '10.99.0', 6: 'fd99:' };

export async function makeHost(spaces: Namespaces, label: string, plan: typeof policy): Promise<Host> {
  const add = (name: string, number: number, net = bridged): Station => ({
    space: spaces.add(`${label}${name}`),
    address: { 4: `${net[4]}.${number}`, 6: `${net[6]}:${number}` },
  });
  const outside = add('outside', 1);
  const host = { ...add('host', 2), outside, guests: [] as Guest[] };
  await host.space.bridge(plan.bridge);
  await host.space.cable(plan.uplink.name, outside.space, 'eth0', plan.bridge);
  await addAddresses(outside, 'eth0');
  await addAddresses(host, plan.bridge);
  if (plan.guests.some(({ routed }) => routed)) await makeRouter(host);
  for (const [i, guest] of plan.guests.entries()) {
    const id = (0x10 + i).toString(16);
    host.guests.push({
      ...guest,
      ...add(guest.name, 0x10 + i, guest.routed ? router.net : bridged),
      tap: `vnet${i}`,
      mac: `52:54:00:00:00:${id}`,
      uuid: `6f3c1a52-9d0e-4b7a-8c55-0000000000${id}`,
    });
  }
  return host;
}

/** A bridge whose guests the host routes, and the way back to them. */
async function makeRouter({ space, address, outside }: Host): Promise<void> {
  const { bridge, net } = router;
  await space.bridge(bridge);
  await space.ip(`addr add ${net[4]}.1/24 dev ${bridge}`, `addr add ${net[6]}:1/64 dev ${bridge} nodad`);
  const on = 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding';
  await space.run('sh', ['-ec', on]);
  await outside.space.ip(
    `route add ${net[4]}.0/24 via ${address[4]}`,
    `route add ${net[6]}:/64 via ${address[6]}`,
  );
}

/** @throws when there is none */
export function guestNamed(host: Host, name: string): Guest {
  const found = host.guests.find((guest) => guest.name === name);
  if (!found) throw new Error(`no guest ${name}`);
  return found;
}

/** @param bridge of those that are not routed */
export async function plug(host: Host, guest: Guest, bridge: string): Promise<void> {
  await host.space.cable(guest.tap, guest.space, 'eth0', guest.routed ? router.bridge : bridge);
  await guest.space.ip(`link set eth0 address ${guest.mac}`);
  await addAddresses(guest, 'eth0');
  const { net } = router;
  if (guest.routed)
    await guest.space.ip(`route add default via ${net[4]}.1`, `route add default via ${net[6]}:1`);
}

/** Does nothing for a guest that is not plugged in. */
export async function unplug(host: Host, guest: Guest): Promise<void> {
  const cables = await host.space.run('ip', ['-oneline', 'link', 'show', 'type', 'veth']);
  if (cables.includes(` ${guest.tap}@`)) await host.space.ip(`link delete ${guest.tap}`);
}

/** What a tool like virt-shaper could have left behind, one object a line. */
export async function readObjects({ space }: Host): Promise<string[]> {
  const tables = await space.run('nft', ['list', 'tables']);
  const qdiscs = await space.run('tc', ['qdisc', 'show']);
  const ifbs = await space.run('ip', ['-oneline', 'link', 'show', 'type', 'ifb']);
  return [tables, qdiscs, ifbs].flatMap((text) => text.split('\n').filter((line) => line.trim() !== ''));
}

// nodad: an address is usable at once, and not after a second of looking for its double.
export async function addAddresses({ space, address }: Station, device: string): Promise<void> {
  await space.ip(`addr add ${address[4]}/24 dev ${device}`, `addr add ${address[6]}/64 dev ${device} nodad`);
}
