// What is at the other end of every cable: one namespace that holds the guests' NICs and the outside world, sends real
// frames by each of them and counts what arrives. It needs no process of its own: bash sends, nft counts.
import { spawnSync } from 'node:child_process';
import { sh } from '../kernel/host.ts';

export interface Nic {
  tap: string;
  bridge: string;
  uplink: string;
  /** The host routes between its bridge and the uplink. */
  routed?: true;
  /** Tells its addresses from all others', from 1. */
  index: number;
}

/** What a guest sends, and what it receives. */
export type Direction = 'out' | 'in';

export const directions: Direction[] = ['out', 'in'];

/** Frames of one try; few, so that no limit delays them. */
export const frames = 3;

/** Frames of a storm; a limit lets some of them pass at once, and the rest one by one. */
export const stormFrames = 60;

/** Of a NIC and direction. */
export const wireKey = ({ tap, uplink }: Nic, direction: Direction) => `${tap} ${uplink} ${direction}`;

const name = 'outside';
const inside = `nsenter --net=/run/netns/${name}`;

export class Wire {
  /** What is behind a cable by another address than its own. */
  private readonly moved = new Map<string, string>();
  /** Uplink -> the device by which the host routes in its place. */
  readonly detours = new Map<string, string>();

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
          ip daddr 10.7.0.0-10.9.255.255 update @seen { iifname . ip daddr counter } drop
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
      ip link set ${device} address ${hostMacOf(device)} up
      ip -n ${name} link set ${end} address ${macOf(device)} up`);
    this.moved.delete(device);
  }

  /** The address of what is behind a cable, until it is made anew. */
  move(device: string, mac = macOf(device)): void {
    sh(`ip -n ${name} link set ${endOf(device)} address ${mac}`);
    this.moved.set(device, mac);
  }

  private macOf(device: string): string {
    return this.moved.get(device) ?? macOf(device);
  }

  /**
   * Ways by which frames of these NICs are sent, however often they are said: devices that went down have forgotten them.
   * @param hostOf the host's own device before an uplink: its bridge, or itself, by what they are called now
   */
  routes(nics: Nic[], hostOf: (uplink: string) => { device: string; mac: string }): void {
    const way = (address: string, device: string, mac: string) => [
      `route replace ${address}/32 dev ${device}`,
      `neigh replace ${address} lladdr ${mac} nud permanent dev ${device}`,
    ];
    const outside = nics.flatMap((nic) => {
      const host = { out: macOf(nic.bridge), in: hostOf(nic.uplink).mac };
      const ways = directions.flatMap((direction) => {
        const { from, to, address } = this.wayOf(nic, direction);
        return way(address, endOf(from), nic.routed ? host[direction] : this.macOf(to));
      });
      return [...ways, ...way(stormOf(nic), endOf(nic.tap), 'ff:ff:ff:ff:ff:ff')];
    });
    const inside = nics.flatMap((nic) =>
      nic.routed
        ? [
            ...way(this.wayOf(nic, 'out').address, hostOf(nic.uplink).device, this.macOf(this.exitOf(nic))),
            ...way(this.wayOf(nic, 'in').address, nic.bridge, this.macOf(nic.tap)),
          ]
        : [],
    );
    spawnSync('ip', ['-n', name, '-force', '-batch', '-'], { input: `${outside.join('\n')}\n` });
    if (inside.length > 0) spawnSync('ip', ['-force', '-batch', '-'], { input: `${inside.join('\n')}\n` });
  }

  /**
   * Many frames for everybody on its bridge.
   * @returns how many of them a neighbour got, and the seconds that they took to send
   */
  storm(nic: Nic, neighbour: Nic): { arrived: number; seconds: number } {
    const script = `exec 2>/dev/null
      nft flush set ip wire seen
      begin=\${EPOCHREALTIME/[.,]/}
      for n in ${'x '.repeat(stormFrames)}; do echo > /dev/udp/${stormOf(nic)}/9; done
      end=\${EPOCHREALTIME/[.,]/}
      sleep 0.01
      echo took $((end - begin))
      nft list set ip wire seen`;
    const { stdout } = spawnSync('nsenter', [`--net=/run/netns/${name}`, 'bash', '-c', script], {
      encoding: 'utf8',
    });
    const line = `"${endOf(neighbour.tap)}" . ${stormOf(nic)} counter packets `;
    const at = stdout.indexOf(line);
    return {
      arrived: at < 0 ? 0 : Number.parseInt(stdout.slice(at + line.length), 10),
      seconds: Number(/took (\d+)/.exec(stdout)?.[1]) / 1e6,
    };
  }

  /**
   * Sends `frames` frames in both directions of each NIC: first what guests send, so that bridges know them.
   * @returns how many arrived, by wireKey
   */
  send(nics: Nic[]): Map<string, number> {
    const addresses = (direction: Direction) =>
      nics.map((nic) => this.wayOf(nic, direction).address).join(' ');
    const script = `exec 2>/dev/null
      nft flush set ip wire seen
      for direction in '${addresses('out')}' '${addresses('in')}'; do
        for address in $direction; do
          for n in ${'x '.repeat(frames)}; do echo > /dev/udp/$address/9; done
        done
        sleep 0.005
      done
      for look in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
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
          const { to, address } = this.wayOf(nic, direction);
          return [wireKey(nic, direction), seen.get(`${endOf(to)} ${address}`) ?? 0] as const;
        }),
      ),
    );
  }

  /** The device between the host and the world that its frames pass. */
  exitOf({ uplink, routed }: Nic): string {
    return (routed && this.detours.get(uplink)) ?? uplink;
  }

  private wayOf(nic: Nic, direction: Direction) {
    const { tap, index } = nic;
    const exit = this.exitOf(nic);
    return direction === 'out'
      ? { from: tap, to: exit, address: `10.8.${index}.1` }
      : { from: exit, to: tap, address: `10.7.${index}.1` };
  }

  end(): void {
    spawnSync('ip', ['netns', 'del', name]);
  }
}

const endOf = (device: string) => `w-${device}`;

/** Of a device's other end; of a bridge its own. */
export function macOf(device: string): string {
  const [, letters = '', number = ''] = /^([a-z]+)(\d+)$/.exec(device) ?? [];
  const kind = { eth: '01', vnet: '02', br: '03', virbr: '04' }[letters];
  return `02:00:00:00:${kind}:${(0x10 + Number(number)).toString(16)}`;
}

/** Of its end on the host. */
export function hostMacOf(device: string): string {
  return macOf(device).replace('02:00:00:00', '02:00:00:01');
}

const stormOf = ({ index }: Nic) => `10.9.${index}.1`;
