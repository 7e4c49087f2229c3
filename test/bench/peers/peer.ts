// The other ways to give guests their bandwidth, as the commands they run: each line is a process of its own, as it
// is there. Classes and rates are the same for all; what a way cannot do (share a ceil, shape what is received by
// group) it is not asked for.
export interface PeerGuest {
  /** From 0. */
  index: number;
  tap: string;
  address: string;
  /** Bits per second. */
  rate: number;
  ceil: number;
}

export interface Peer {
  name: string;
  /** A command that must be there. */
  needs: string;
  load: (guests: PeerGuest[]) => string[];
  /** One guest more; nothing where that means to load all anew. */
  add?: (guest: PeerGuest) => string[];
  /** New values for the guest at `index` of `guests`, which has them already. */
  change: (guests: PeerGuest[], index: number) => string[];
  /** Takes everything out, after any part of load. */
  clear: (guests: PeerGuest[]) => string[];
  /** Prints how many guests are in force. */
  count: string;
  /** Commands of `load` by what they ask of the kernel, where not every kernel has it: tried, and gone without. */
  asks?: Record<string, string>;
}

const idOf = ({ index }: PeerGuest) => (0x1000 + index).toString(16);
const quietly = (line: string) => `${line} 2>/dev/null || :`;

/** The hook of 2010, with the fewest commands that do what it did for a guest. */
export const plainLoop: Peer = {
  name: 'a loop of tc and iptables',
  needs: 'iptables',
  load: (guests) => [
    'tc qdisc add dev eth0 root handle 1: htb default 333',
    'tc class add dev eth0 parent 1: classid 1:1 htb rate 10gbit',
    'tc class add dev eth0 parent 1:1 classid 1:333 htb rate 10mbit ceil 10gbit',
    ...guests.flatMap(loopGuest),
  ],
  add: loopGuest,
  change: (guests) => [...plainLoop.clear(guests), ...plainLoop.load(guests)],
  clear: (guests) => [
    'iptables -t mangle -F FORWARD',
    quietly('tc qdisc del dev eth0 root'),
    ...guests.map(({ tap }) => quietly(`tc qdisc del dev ${tap} root`)),
  ],
  count: 'tc filter show dev eth0 | grep -c flowid || :',
};

function loopGuest(guest: PeerGuest): string[] {
  const { tap, rate, ceil } = guest;
  const id = idOf(guest);
  const rule = (from: string, to: string) =>
    `iptables -t mangle -A FORWARD -m physdev --physdev-in ${from} --physdev-out ${to} -j MARK --set-mark 0x${id}`;
  return [
    rule(tap, 'eth0'),
    rule('eth0', tap),
    `tc class add dev eth0 parent 1:1 classid 1:${id} htb rate ${rate} ceil ${ceil} burst 20000 cburst 20000`,
    `tc filter add dev eth0 parent 1: protocol all prio 1 u32 match mark 0x${id} 0xffffffff flowid 1:${id}`,
    `tc qdisc replace dev ${tap} root handle 1: htb default 1`,
    `tc class add dev ${tap} parent 1: classid 1:1 htb rate ${rate} ceil ${ceil} burst 20000 cburst 20000`,
  ];
}

/** What libvirtd runs for <bandwidth> with both directions, of a guest on a bridge. */
export const libvirtBandwidth: Peer = {
  name: "libvirt's <bandwidth>",
  needs: 'tc',
  load: (guests) => guests.flatMap(libvirtGuest),
  add: libvirtGuest,
  change: (guests, index) => guests.slice(index, index + 1).flatMap(libvirtGuest),
  clear: (guests) => guests.flatMap(libvirtClear),
  count: 'tc qdisc show | grep -c "htb 1: dev vnet" || :',
  asks: {
    sfq: 'tc qdisc add dev DEV parent 1:1 handle 2: sfq perturb 10',
    fw: 'tc filter add dev DEV parent 1:0 protocol all prio 1 handle 1 fw flowid 1',
    police:
      'tc filter add dev DEV parent ffff: protocol all u32 match u32 0 0 police rate 1mbit burst 64kb mtu 64kb drop flowid :1',
  },
};

function libvirtClear({ tap }: PeerGuest): string[] {
  return [quietly(`tc qdisc del dev ${tap} root`), quietly(`tc qdisc del dev ${tap} ingress`)];
}

/** What the kernel refuses takes as long as what it does not. */
function libvirtGuest(guest: PeerGuest): string[] {
  const { tap, rate, ceil } = guest;
  const kilobytes = (bits: number) => Math.round(bits / 8000);
  const out = `police rate ${kilobytes(ceil)}kbps burst 64kb mtu 64kb drop flowid :1`;
  return [
    ...libvirtClear(guest),
    `tc qdisc add dev ${tap} root handle 1: htb default 1`,
    `tc class add dev ${tap} parent 1: classid 1:1 htb rate ${kilobytes(rate)}kbps ceil ${kilobytes(ceil)}kbps quantum 1500`,
    quietly(`tc qdisc add dev ${tap} parent 1:1 handle 2: sfq perturb 10`),
    quietly(`tc filter add dev ${tap} parent 1:0 protocol all prio 1 handle 1 fw flowid 1`),
    `tc qdisc add dev ${tap} ingress`,
    quietly(`tc filter add dev ${tap} parent ffff: protocol all u32 match u32 0 0 ${out}`),
  ];
}

/** Guests by their addresses: it has no other way to know them on a bridge. */
export const fireqos: Peer = {
  name: 'FireQOS',
  needs: 'fireqos',
  load: (guests) => {
    const ways = [
      ['output', 'src'],
      ['input', 'dst'],
    ];
    const lines = ways.flatMap(([direction, match]) => [
      `interface eth0 ${direction} ${direction} rate 10gbit minrate 8kbit balanced qdisc bfifo`,
      ...guests.map(({ index, address, rate, ceil }) =>
        [
          `class g${index} commit ${rate / 1000}kbit ceil ${ceil / 1000}kbit`,
          `match ${match} ${address}`,
        ].join('\n'),
      ),
    ]);
    return [
      `cat >/run/fireqos.conf <<'END'\n${lines.join('\n')}\nEND`,
      'fireqos /run/fireqos.conf start </dev/null >/run/fireqos.log 2>&1',
    ];
  },
  change: (guests) => fireqos.load(guests),
  clear: () => [
    quietly('tc qdisc del dev eth0 root'),
    quietly('tc qdisc del dev eth0 ingress'),
    quietly('ip link del eth0-ifb'),
  ],
  // One direction after the other: a guest has both.
  count:
    'for dev in eth0 eth0-ifb; do tc filter show dev $dev 2>/dev/null; done | awk "/flowid/ { n += 0.5 } END { print int(n) }"',
};

export const peers = [plainLoop, libvirtBandwidth, fireqos];
