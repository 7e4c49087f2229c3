// What is at the other end of every cable: one namespace that holds the guests' NICs and the outside world, sends real
// frames by each of them and counts what arrives. It needs no process of its own: bash sends, nft counts.
import { spawnSync } from 'node:child_process';
import { sh } from '../kernel/host.ts';

export interface Nic {
  tap: string;
  bridge: string;
  uplink: string;
  /** Tells its addresses from all others', from 1. */
  index: number;
}

/** What a guest sends, and what it receives. */
export type Direction = 'out' | 'in';

export const directions: Direction[] = ['out', 'in'];

/** Frames of one try; few, so that no limit delays them. */
export const frames = 3;

/** Of a NIC and direction. */
export const wireKey = ({ tap, uplink }: Nic, direction: Direction) => `${tap} ${uplink} ${direction}`;

const name = 'outside';
const inside = `nsenter --net=/run/netns/${name}`;

export class Wire {
  constructor() {
    sh(`ip netns add ${name}
      sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
      ${inside} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
      ip -n ${name} link set lo up
      ip -n ${name} address add 192.0.2.1/32 dev lo`);
    sh(
      `${inside} nft -f -`,
      `table ip wire {
        set seen { type ifname . ipv4_addr; size 1024; flags dynamic; }
        chain arrived {
          type filter hook prerouting priority -300;
          ip daddr 10.7.0.0-10.8.255.255 update @seen { iifname . ip daddr counter } drop
        }
      }\n`,
    );
  }

  /** A cable from a new device here to its end outside; a port of the bridge when there is one. */
  cable(device: string, bridge?: string): void {
    const end = endOf(device);
    const master = bridge === undefined ? '' : `ip link set ${device} master ${bridge}`;
    sh(`ip link add ${device} type veth peer name ${end} netns ${name}
      ${master}
      ip link set ${device} up
      ip -n ${name} link set ${end} address ${macOf(device)} up`);
  }

  /** Ways by which frames of these NICs are sent, however often they are said. */
  routes(nics: Nic[]): void {
    const lines = nics.flatMap((nic) =>
      directions.flatMap((direction) => {
        const { from, to, address } = wayOf(nic, direction);
        return [
          `route replace ${address}/32 dev ${endOf(from)}`,
          `neigh replace ${address} lladdr ${macOf(to)} nud permanent dev ${endOf(from)}`,
        ];
      }),
    );
    spawnSync('ip', ['-n', name, '-force', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /**
   * Sends `frames` frames in both directions of each NIC: first what guests send, so that bridges know them.
   * @returns how many arrived, by wireKey
   */
  send(nics: Nic[]): Map<string, number> {
    const addresses = (direction: Direction) => nics.map((nic) => wayOf(nic, direction).address).join(' ');
    const script = `exec 2>/dev/null
      nft flush set ip wire seen
      for direction in '${addresses('out')}' '${addresses('in')}'; do
        for address in $direction; do
          for n in ${'x '.repeat(frames)}; do echo > /dev/udp/$address/9; done
        done
        sleep 0.005
      done
      for look in 1 2 3 4 5 6; do
        seen=$(nft list set ip wire seen)
        [ "$(grep -o 'packets ${frames} ' <<< "$seen" | wc -l)" -lt ${nics.length * 2} ] || break
        sleep 0.02
      done
      echo "$seen"`;
    const { stdout } = spawnSync('nsenter', [`--net=/run/netns/${name}`, 'bash', '-c', script], {
      encoding: 'utf8',
    });
    const seen = new Map(
      [...stdout.matchAll(/"(\S+)" \. (\S+) counter packets (\d+)/g)].map(([, device, address, packets]) => [
        `${device} ${address}`,
        Number(packets),
      ]),
    );
    return new Map(
      nics.flatMap((nic) =>
        directions.map((direction) => {
          const { to, address } = wayOf(nic, direction);
          return [wireKey(nic, direction), seen.get(`${endOf(to)} ${address}`) ?? 0] as const;
        }),
      ),
    );
  }

  end(): void {
    spawnSync('ip', ['netns', 'del', name]);
  }
}

const endOf = (device: string) => `w-${device}`;

/** Of a device's other end. */
export function macOf(device: string): string {
  const [, letters = '', number = ''] = /^([a-z]+)(\d+)$/.exec(device) ?? [];
  return `02:00:00:00:${letters === 'eth' ? '01' : '02'}:${(0x10 + Number(number)).toString(16)}`;
}

function wayOf({ tap, uplink, index }: Nic, direction: Direction) {
  return direction === 'out'
    ? { from: tap, to: uplink, address: `10.8.${index}.1` }
    : { from: uplink, to: tap, address: `10.7.${index}.1` };
}
