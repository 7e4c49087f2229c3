// Ways out of a host that are more than a NIC in a bridge: devices that lie on it, each leading to the same one on
// the far side. The far side, `wire`, and the guests are namespaces of their own, so that what arrives has crossed.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
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

const tunnelEnd = `
use Socket;
my ($device, $here, $there) = @ARGV;
open my $tun, '+<', '/dev/net/tun' or die "tun: $!";
ioctl $tun, 0x400454ca, pack 'a16 S x22', $device, 0x1001 or die "$device: $!";
socket my $way, AF_UNIX, SOCK_DGRAM, 0; bind $way, pack_sockaddr_un $here or die "$here: $!";
my $far = pack_sockaddr_un $there;
for (;;) {
  my $ready = '';
  vec($ready, fileno $_, 1) = 1 for $tun, $way;
  select $ready, undef, undef, undef;
  if (vec $ready, fileno $tun, 1) { sysread $tun, my $packet, 65536; send $way, $packet, 0, $far }
  if (vec $ready, fileno $way, 1) { recv $way, my $packet, 65536, 0; syswrite $tun, $packet }
}
`;
const tunnels: ChildProcess[] = [];

/**
 * A device that carries packets without Ethernet, as ppp0 and wg0 do, to one of its name in `wire`. What lies between is
 * a process for each end.
 */
export function tunnel(name: string): void {
  const sockets = ['here', 'there'].map((end) => `/run/tunnel-${name}-${end}`);
  const perl = ['perl', '-e', tunnelEnd, name];
  const ends = [
    [...perl, ...sockets],
    ['ip', 'netns', 'exec', 'wire', ...perl, ...sockets.reverse()],
  ];
  for (const [command = '', ...args] of ends) tunnels.push(spawn(command, args, { stdio: 'ignore' }));
  sh(`for way in '' '-n wire'; do
        for try in $(seq 500); do ip $way link set ${name} up 2>/dev/null && break; sleep 0.02; done
      done`);
}

export function needsTunnel(): string | undefined {
  const made = spawnSync('sh', [
    '-c',
    'command -v perl && ip tuntap add tun-probe mode tun && ip link del tun-probe',
  ]);
  return made.status === 0 ? undefined : 'no tun devices here, or no perl';
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
  for (const one of tunnels.splice(0)) one.kill('SIGKILL');
  spawnSync('sh', ['-c', 'rm -f /run/tunnel-*']);
  spawnSync('ip', ['-all', 'netns', 'delete']);
}
