// A host's network in this process's namespace, as the old hook's example had it: a bridge, its uplink, guests with
// a tap each. The other ends are in namespaces of their own, so that what a guest sends crosses the bridge.
import { type Machine, outside } from './machine.ts';

/** What the bash hook of 2010 was given. */
export const oldExample = `ceil_eth0="1000mbit"
cliff_eth0="10 15mbit 30mbit"
rob_eth0="11 15mbit 30mbit"
jason_eth0="20 30mbit 30mbit"
`;

export const guests = ['cliff', 'rob', 'jason'];

/** No IPv6: hosts and guests would send by themselves. Neighbours are known, so nobody asks for them. */
export function makeNetwork(): void {
  const quiet =
    'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6';
  outside(`${quiet}
    ip netns add wire; ip netns add guests
    ip netns exec wire sh -c '${quiet}'; ip netns exec guests sh -c '${quiet}'
    ip link add br0 type bridge mcast_snooping 0
    ip link add eth0 type veth peer name wire address 02:00:00:00:00:01 netns wire
    ip link set eth0 master br0 up; ip link set br0 up
    ip -n wire address add 192.0.2.1/24 dev wire; ip -n wire link set wire up
    ip -n wire link set lo up`);
  guests.forEach((_, place) => {
    const far = `g${place}`;
    outside(`ip link add vnet${place} type veth peer name ${far} address 02:00:00:00:01:0${place} netns guests
      ip link set vnet${place} master br0 up
      ip -n guests address add 192.0.2.1${place}/24 dev ${far}; ip -n guests link set ${far} up
      ip -n guests neighbour replace 192.0.2.1 lladdr 02:00:00:00:00:01 dev ${far} nud permanent
      ip -n wire neighbour replace 192.0.2.1${place} lladdr 02:00:00:00:01:0${place} dev wire nud permanent`);
  });
}

/** libvirt's XML of a running guest. */
export function domainXml(guest: string): string {
  return `<domain type='kvm' id='${guests.indexOf(guest) + 1}'><name>${guest}</name><uuid>${uuid(guest)}</uuid><devices>
    <interface type='bridge'><source bridge='br0'/><target dev='vnet${guests.indexOf(guest)}'/></interface>
    </devices></domain>\n`;
}

/** What libvirt keeps of a running guest. */
export function statusXml(guest: string): string {
  return `<domstatus state='running' reason='booted' pid='1'>\n${domainXml(guest)}</domstatus>\n`;
}

const hook = '/etc/libvirt/hooks/qemu.d/50-virt-shaper';

/** As libvirt calls it. */
export function callHook(machine: Machine, guest: string, operation: string) {
  return machine.run(
    `env -i PATH=/bin:/usr/bin LC_ALL=C ${hook} ${guest} ${operation} begin -`,
    domainXml(guest),
  );
}

/** A guest starts and stops all the time while there is work. @returns how often, and what failed */
export async function startingAndStopping(
  machine: Machine,
  guest: string,
  work: () => Promise<void>,
): Promise<{ count: number; failed: string[] }> {
  machine.write('/root/again.xml', domainXml(guest));
  machine.must('rm -f enough');
  const ended = machine.later(`count=0
    while [ ! -e enough ]; do
      for operation in start stopped; do
        said=$(env -i PATH=/bin:/usr/bin LC_ALL=C ${hook} ${guest} $operation begin - < again.xml 2>&1) || echo "failed: $operation: $said"
        count=$((count + 1))
      done
    done
    echo $count`);
  try {
    await work();
  } finally {
    machine.write('/root/enough', '');
  }
  const lines = (await ended).trim().split('\n');
  return { count: Number(lines.at(-1)), failed: lines.slice(0, -1) };
}

function uuid(guest: string): string {
  return `00000000-0000-4000-8000-00000000000${guests.indexOf(guest)}`;
}

export interface Counter {
  bytes: number;
  packets: number;
}

/** What a class has sent since it was made; nothing when it is not there. */
export function counterOf(device: string, classid: string): Counter | undefined {
  const shown = outside(`tc -s class show dev ${device} 2>/dev/null || true`);
  const [, found] = shown.split(new RegExp(`^class htb ${classid} `, 'm'));
  const [, bytes, packets] = found?.match(/Sent (\d+) bytes (\d+) pkt/) ?? [];
  return bytes && packets ? { bytes: Number(bytes), packets: Number(packets) } : undefined;
}
