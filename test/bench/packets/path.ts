// A way for packets: wire - eth0 - bridge - vnet - guest, through a host that is a namespace of its own. All hosts
// of a run share the namespace of the wires and that of the guests, so that one sender can be pointed at each in turn.
// Taps beside the measured one are there, since a rule may ask for them, and silent.
import { setTimeout as delay } from 'node:timers/promises';
import type { Direction } from '../../../src/units/units.ts';
import type { Namespace, Namespaces } from '../../support/netns.ts';

/** Where packets come from or go to. `pid` lives in it: /proc tells by it what its devices have counted. */
export interface End {
  space: Namespace;
  pid: number;
}

export interface Ends {
  wires: End;
  guests: End;
}

export interface Path {
  ends: Ends;
  host: Namespace;
  /** The tap that is measured: the middle one, where rules stand in a row. */
  tap: string;
  taps: string[];
  /** The far ends' devices and addresses. */
  wire: Far;
  guest: Far;
}

export interface Far {
  device: string;
  address: string;
  mac: string;
  /** Known to the bridge at this end, and nobody's: the kernel there drops it as soon as it has counted it. */
  nobody: string;
}

export async function makeEnds(spaces: Namespaces): Promise<Ends> {
  return { wires: await makeEnd(spaces, 'wires'), guests: await makeEnd(spaces, 'guests') };
}

async function makeEnd(spaces: Namespaces, label: string): Promise<End> {
  const space = spaces.add(label);
  await quiet(space);
  const { pid } = space.start('sleep', ['infinity'], { timeout: 3_600_000 });
  if (!pid) throw new Error('sleep did not start');
  // `ip netns exec` enters the namespace, and only then becomes what it was told to run.
  await space.run('sh', ['-c', `until grep -q sleep /proc/${pid}/comm; do sleep 0.01; done`]);
  return { space, pid };
}

/** @param number of the path, from 1 to 250: it tells them apart in the shared namespaces */
export async function makePath(
  spaces: Namespaces,
  ends: Ends,
  number: number,
  size: number,
  bridgeCallsIptables: boolean,
): Promise<Path> {
  const host = spaces.add(`host${number}`);
  await quiet(host);
  await callIptables(host, bridgeCallsIptables);
  const taps = Array.from({ length: size }, (_, index) => `vnet${index}`);
  const tap = `vnet${Math.floor(size / 2)}`;
  const hex = number.toString(16).padStart(2, '0');
  const far = (kind: string, digit: number): Far => ({
    device: `${kind}${number}`,
    address: `10.99.${number}.${digit}`,
    mac: `52:54:00:0${digit}:00:${hex}`,
    nobody: `52:54:00:0${digit}:01:${hex}`,
  });
  const [wire, guest] = [far('wire', 1), far('guest', 2)];
  const cables = [
    `link add eth0 type veth peer name ${wire.device} netns ${ends.wires.space.name}`,
    `link add ${tap} type veth peer name ${guest.device} netns ${ends.guests.space.name}`,
    ...taps.filter((one) => one !== tap).map((one) => `link add ${one} type veth peer name g-${one}`),
  ];
  await host.ip(
    'link add br0 type bridge mcast_snooping 0',
    'link set br0 up',
    ...cables,
    ...['eth0', ...taps].map((port) => `link set ${port} master br0 up`),
  );
  await host.run('bridge', ['fdb', 'add', wire.nobody, 'dev', 'eth0', 'master', 'static']);
  await host.run('bridge', ['fdb', 'add', guest.nobody, 'dev', tap, 'master', 'static']);
  for (const [{ space }, { device, address, mac }] of [
    [ends.wires, wire],
    [ends.guests, guest],
  ] as const) {
    await space.ip(
      `link set ${device} address ${mac}`,
      `link set ${device} up`,
      `addr add ${address}/24 dev ${device}`,
    );
  }
  // Ports learn and forward at once without STP, but what is looked at first is not.
  await delay(20);
  return { ends, host, tap, taps, wire, guest };
}

/** Who sends to whom. */
export function endsOf(path: Path, direction: Direction): { from: End; to: End; source: Far; target: Far } {
  const guests = { end: path.ends.guests, far: path.guest };
  const wires = { end: path.ends.wires, far: path.wire };
  const [from, to] = direction === 'out' ? [guests, wires] : [wires, guests];
  return { from: from.end, to: to.end, source: from.far, target: to.far };
}

/** Nobody sends a packet that was not asked for. */
async function quiet(space: Namespace): Promise<void> {
  await space.run('sysctl', [
    '-qw',
    'net.ipv6.conf.all.disable_ipv6=1',
    'net.ipv6.conf.default.disable_ipv6=1',
  ]);
}

/** br_netfilter shows frames to iptables, which the old way needs and virt-shaper does not. */
async function callIptables(host: Namespace, on: boolean): Promise<void> {
  const value = on ? 1 : 0;
  const names = ['iptables', 'ip6tables', 'arptables'].map((name) => `net.bridge.bridge-nf-call-${name}`);
  // Without br_netfilter there is nothing to switch off.
  await host.run('sysctl', ['-qew', ...names.map((name) => `${name}=${value}`)]);
}
