// Guests behind a router, by every kind of device that leads out, with several of them, and while bridges and routes
// change: each packet counts where it leaves and comes in.
import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, kernelState, sh, TestHost } from './host.ts';
import {
  counted,
  endSpaces,
  guestNic,
  needsKind,
  needsLink,
  needsTunnel,
  talk,
  talked,
  tunnel,
} from './stack.ts';

const needs = needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'ping', 'flock');
const test = unless(needs);

const config = (...uplinks: string[]) => `
${uplinks.map((name) => `[uplink."${name}"]\nceil = "1gbit"\nrouted = "virbr0"\n`).join('')}
[defaults]
rate = "1mbit"
[guest.alice]
id = 0x10
[guest.bob]
id = 0x11
`;

const nat = `table inet others {
  chain guest_nat {
    type nat hook postrouting priority 100
    ip saddr 10.8.0.0/24 ip daddr != 10.8.0.0/24 masquerade
    ip6 saddr fd00:8::/64 ip6 daddr != fd00:8::/64 masquerade
  }
  chain forwards {
    type nat hook prerouting priority -100
    ip daddr 192.0.2.1 icmp type echo-request dnat ip to 10.8.0.2
  }
}
`;

/** As the hook is told (host.ts). */
const mac = '52:54:00:6d:90:01';
let host: TestHost;

function onHost(text: string, body: () => void): () => void {
  return () => {
    host = new TestHost(text);
    try {
      sh(`ip link set lo up; ip netns add wire; ip -n wire link set lo up
          echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding`);
      body();
    } finally {
      endSpaces();
      host.end();
      sh(`echo 0 >/proc/sys/net/ipv4/fwmark_reflect; echo 0 >/proc/sys/net/ipv6/fwmark_reflect
          echo 1 >/proc/sys/net/ipv4/ip_forward_update_priority; echo 0 >/proc/sys/net/ipv4/ip_forward
          for one in iptables ip6tables; do
            echo 0 >/proc/sys/net/bridge/bridge-nf-call-$one 2>/dev/null || true
          done`);
      spawnSync('sh', [
        '-c',
        'ip rule flush; ip rule add lookup main pref 32766; ip rule add lookup default pref 32767',
      ]);
    }
  };
}

/** A NIC whose other end is in `wire`, called alike there. */
function cable(name: string): void {
  sh(`ip link add ${name} type veth peer name ${name} netns wire
      ip link set ${name} up; ip -n wire link set ${name} up`);
}

/** 192.0.2.N1 here, 192.0.2.N2 in `wire`; the same of fd00:2::. */
function addressed(device: string, net = 0, far = device): void {
  const [here, there] = [net * 16 + 1, net * 16 + 2];
  sh(`ip addr add 192.0.2.${here}/28 dev ${device}; ip addr add fd00:2:${net}::1/64 dev ${device} nodad
      ip -n wire addr add 192.0.2.${there}/28 dev ${far}; ip -n wire addr add fd00:2:${net}::2/64 dev ${far} nodad`);
}

/** Behind virbr0, as libvirt's `default` has it. */
function guests(...names: string[]): void {
  sh(`ip link add virbr0 type bridge; ip link set virbr0 up
      ip addr add 10.8.0.1/24 dev virbr0; ip addr add fd00:8::1/64 dev virbr0 nodad`);
  for (const [at, name] of names.entries()) guest(name, at);
}

function guest(name: string, at: number): void {
  guestNic(name, `vnet${at}`, 'virbr0', `10.8.0.${at + 2}`);
  sh(`ip -n ${name} link set g-vnet${at} address ${mac.slice(0, -1)}${at + 1}
      ip -n ${name} addr add fd00:8::${at + 2}/64 dev g-vnet${at} nodad
      ip -n ${name} route add default via 10.8.0.1; ip -n ${name} route add default via fd00:8::1`);
}

function start(name: string, tap: string, address = `${mac.slice(0, -1)}${Number(tap.slice(-1)) + 1}`): void {
  const input = domainXml(name, { [tap]: 'virbr0' }).replace(mac, address);
  const { status, stderr } = host.run(['hook', 'qemu', name, 'start', 'begin', '-'], { input });
  assert.equal({ status, stderr }, { status: 0, stderr: '' });
}

/** All that passes meanwhile is in these classes, 1:10 of eth0 for example, and in no other guest's. */
function counts(wanted: string[], others: string[], body: () => void): void {
  const all = [...wanted, ...others].map((text) => {
    const [device = '', id = ''] = text.split(' ');
    return () => counted(device, id).packets;
  });
  const before = all.map((count) => count());
  body();
  const grown = all.map((count, at) => count() - (before[at] ?? 0));
  const shown = [...wanted, ...others].map((text, at) => `${text}: ${grown[at]}`).join(', ');
  assert.ok(
    grown.every((packets, at) =>
      at < wanted.length ? packets >= talked && packets < 2 * talked : packets < 8,
    ),
    shown,
  );
}

const both = (device: string, id = 10) => [`${device} 1:${id}`, `ifb-${device} 2:${id}`];

/** On each of their uplinks. */
function shaped(...names: string[]): void {
  const { guests: rows } = JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout);
  const wrong = rows.filter(({ state, faults }: Row) => state !== 'shaped' || faults.length > 0);
  assert.equal(wrong, []);
  assert.equal([...new Set(rows.map(({ guest: name }: Row) => name))], names);
}

interface Row {
  guest: string;
  state: string;
  faults: unknown[];
}

interface Way {
  /** What is missing here. */
  lacks?: () => string | undefined;
  uplink: string;
  make: () => void;
}

const ways: Record<string, Way> = {
  'a NIC': {
    uplink: 'eth0',
    make: () => {
      cable('eth0');
      addressed('eth0');
    },
  },
  'a bridge': {
    uplink: 'br0',
    make: () => {
      cable('eth0');
      sh('ip link add br0 type bridge; ip link set br0 up; ip link set eth0 master br0');
      addressed('br0', 0, 'eth0');
    },
  },
  'what lies on a NIC': {
    lacks: () => needsKind('vxlan'),
    uplink: 'eth0',
    make: () => {
      tunnelled('vxlan');
      addressed('eth0.5');
    },
  },
  'a VXLAN': {
    lacks: () => needsKind('vxlan'),
    uplink: 'eth0.5',
    make: () => {
      tunnelled('vxlan');
      addressed('eth0.5');
    },
  },
  'a VLAN': {
    lacks: () => needsKind('vlan'),
    uplink: 'eth0.5',
    make: () => {
      tunnelled('vlan');
      addressed('eth0.5');
    },
  },
  'a bond': {
    lacks: () => needsLink('bond'),
    uplink: 'bond0',
    make: () => {
      for (const name of ['eth0', 'eth1']) cable(name);
      for (const space of ['', '-n wire'])
        sh(`ip ${space} link add bond0 type bond mode active-backup miimon 10
            for one in eth0 eth1; do ip ${space} link set $one down; ip ${space} link set $one master bond0; done
            ip ${space} link set bond0 up`);
      addressed('bond0');
    },
  },
  'a device without Ethernet': {
    lacks: needsTunnel,
    uplink: 'ppp0',
    make: () => {
      tunnel('ppp0');
      addressed('ppp0');
    },
  },
  'a tunnel of the kernel': {
    lacks: () => needsLink('ipip local 192.0.2.1 remote 192.0.2.2'),
    uplink: 'wg0',
    make: () => {
      cable('eth0');
      sh('ip addr add 203.0.113.1/24 dev eth0; ip -n wire addr add 203.0.113.2/24 dev eth0');
      const end = (here: number, there: number) =>
        `link add wg0 type ipip local 203.0.113.${here} remote 203.0.113.${there}`;
      sh(`ip ${end(1, 2)}; ip -n wire ${end(2, 1)}; ip link set wg0 up; ip -n wire link set wg0 up`);
      sh('ip addr add 192.0.2.1/28 dev wg0; ip -n wire addr add 192.0.2.2/28 dev wg0');
    },
  },
};

function tunnelled(kind: 'vlan' | 'vxlan'): void {
  cable('eth0');
  sh('ip addr add 203.0.113.1/24 dev eth0; ip -n wire addr add 203.0.113.2/24 dev eth0');
  const end = (here: number, there: number) =>
    kind === 'vlan'
      ? 'link add link eth0 name eth0.5 type vlan id 5'
      : `link add eth0.5 type vxlan id 5 local 203.0.113.${here} remote 203.0.113.${there} dstport 4789 dev eth0`;
  sh(`ip ${end(1, 2)}; ip -n wire ${end(2, 1)}; ip link set eth0.5 up; ip -n wire link set eth0.5 up`);
}

for (const [kind, { lacks, uplink, make }] of Object.entries(ways)) {
  unless(needs ?? lacks?.())(
    `by ${kind}: IPv4 with NAT and a port forward, IPv6 routed`,
    onHost(config(uplink), () => {
      make();
      guests('alice');
      sh('nft -f -', nat.replace(/^.*ip6 saddr.*\n/m, ''));
      sh(`ip -n wire route add fd00:8::/64 via fd00:2:0::1 2>/dev/null || true`);
      const before = kernelState();
      start('alice', 'vnet0');
      shaped('alice');
      counts(both(uplink), [], () => talk('alice', '192.0.2.2'));
      counts(both(uplink), [], () => talk('wire', '192.0.2.1'));
      if (kind !== 'a tunnel of the kernel') {
        counts(both(uplink), [], () => talk('alice', 'fd00:2:0::2'));
        counts(both(uplink), [], () => talk('wire', 'fd00:8::2'));
      }
      assert.is(host.run(['verify']).status, 0);
      assert.is(host.run(['unload']).status, 0);
      assert.is(kernelState(), before);
    }),
  );
}

for (const update of [0, 1]) {
  for (const call of [0, 1]) {
    test(
      `ip_forward_update_priority ${update}, br_netfilter ${call ? 'on' : 'off'}`,
      onHost(config('eth0'), () => {
        cable('eth0');
        addressed('eth0');
        guests('alice', 'bob');
        sh('nft -f -', nat);
        sh(`echo ${update} >/proc/sys/net/ipv4/ip_forward_update_priority
            for one in iptables ip6tables; do
              echo ${call} >/proc/sys/net/bridge/bridge-nf-call-$one 2>/dev/null || true
            done`);
        start('alice', 'vnet0');
        start('bob', 'vnet1');
        for (const address of ['192.0.2.2', 'fd00:2:0::2'])
          counts(both('eth0'), both('eth0', 11), () => talk('alice', address));
        // Inside the host: nobody's.
        counts([], [...both('eth0'), ...both('eth0', 11)], () => talk('alice', '10.8.0.3'));
        counts([], [...both('eth0'), ...both('eth0', 11)], () => talk('alice', '10.8.0.1'));
        shaped('alice', 'bob');
      }),
    );
  }
}

test(
  'two uplinks and policy routing: each packet counts where it leaves and comes in, also when a route moves',
  onHost(config('eth0', 'eth1'), () => {
    for (const [at, name] of ['eth0', 'eth1'].entries()) {
      cable(name);
      addressed(name, at);
    }
    guests('alice', 'bob');
    sh('ip -n wire addr add 198.51.100.1/32 dev lo');
    for (const table of [101, 102])
      sh(`ip route add 198.51.100.0/24 via 192.0.2.${table === 101 ? 2 : 18} table ${table}`);
    sh('ip rule add from 10.8.0.2 lookup 101 pref 100; ip rule add from 10.8.0.3 lookup 102 pref 101');
    const back = (at: number, by: number) => `ip -n wire route replace 10.8.0.${at}/32 via 192.0.2.${by}`;
    sh(`${back(2, 1)}; ${back(3, 17)}`);
    start('alice', 'vnet0');
    start('bob', 'vnet1');
    const [first, second] = [(id: number) => both('eth0', id), (id: number) => both('eth1', id)];
    counts(first(10), [...second(10), ...first(11)], () => talk('alice', '198.51.100.1'));
    counts(second(11), [...first(11), ...second(10)], () => talk('bob', '198.51.100.1'));

    // Out by the one, in by the other.
    sh(back(2, 17));
    counts(['eth0 1:10', 'ifb-eth1 2:10'], ['eth1 1:10', 'ifb-eth0 2:10'], () =>
      talk('alice', '198.51.100.1'),
    );

    // The route moves: nothing has to be loaded.
    sh('ip route replace 198.51.100.0/24 via 192.0.2.18 table 101');
    counts(second(10), first(10), () => talk('alice', '198.51.100.1'));
    shaped('alice', 'bob');
    assert.match(host.run(['sync']).stderr, 'nothing to do');
  }),
);

test(
  'a routed bridge that is not there yet, gets another name, gets an uplink port, and loses it',
  onHost(config('eth0'), () => {
    cable('eth0');
    addressed('eth0');
    assert.match(host.run(['check']).stderr, 'there is no bridge virbr0 now');
    assert.is(host.run(['sync']).status, 0, 'nobody is there to be shaped');

    guests('alice');
    sh('nft -f -', nat);
    start('alice', 'vnet0');
    counts(both('eth0'), [], () => talk('alice', '192.0.2.2'));

    // By its new name nobody has said that it is routed.
    sh('ip link set virbr0 down; ip link set virbr0 name virbr7 up');
    sh('ip addr replace 10.8.0.1/24 dev virbr7; ip addr replace fd00:8::1/64 dev virbr7 nodad');
    host.run(['sync']);
    assert.equal(said('alice'), [
      'unshaped; unreachable: its bridge virbr7 has no uplink (virbr0, which [uplink.eth0] has as routed, is not there)',
    ]);
    assert.match(host.run(['status']).stdout, 'write routed = ["virbr7"] in [uplink.eth0], or take');
    host.configure(config('eth0').replace('"virbr0"', '["virbr0", "virbr7"]'));
    assert.is(host.run(['apply']).status, 0);
    counts(both('eth0'), [], () => talk('alice', '192.0.2.2'));
    shaped('alice');

    // What the host routes goes by eth0 still, whatever else the bridge has for a port.
    cable('eth9');
    sh('ip link set eth9 master virbr7');
    const { status, stderr } = host.run(['sync']);
    assert.is(status, 0, stderr);
    counts(both('eth0'), [], () => talk('alice', '192.0.2.2'));
    sh('ip link del eth9');
    assert.is(host.run(['sync']).status, 0);
    counts(both('eth0'), [], () => talk('alice', '192.0.2.2'));
    shaped('alice');
  }),
);

test(
  'two guests behind a router with one Ethernet address: a frame is whose tap it passes, and doctor names them',
  onHost(config('eth0'), () => {
    cable('eth0');
    addressed('eth0');
    guests('alice', 'bob');
    sh('nft -f -', nat);
    const same = `${mac.slice(0, -1)}1`;
    sh(`ip -n bob link set g-vnet1 address ${same}`);
    start('alice', 'vnet0', same);
    start('bob', 'vnet1', same);
    for (const [name, id, other] of [
      ['alice', 10, 11],
      ['bob', 11, 10],
      ['alice', 10, 11],
    ] as const)
      counts(both('eth0', id), both('eth0', other), () => talk(name, '192.0.2.2'));
    shaped('alice', 'bob');
    assert.match(host.run(['doctor']).stdout, `has the address ${same} in virbr0, as bob has`);
  }),
);

/** What a view of all says of a guest on each of its uplinks: its state, and why. */
function said(name: string): string[] {
  const { guests: rows } = JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout);
  return rows
    .filter(({ guest: one }: Row) => one === name)
    .map(({ state, faults }: { state: string; faults: { kind: string; reason: string }[] }) =>
      [state, ...faults.map(({ kind, reason }) => `${kind}: ${reason}`)].join('; '),
    );
}

const astray = (what: string, where: string) =>
  `unshaped; route: the host routes ${what} to ${where}: neither that nor what is answered meets a class`;

/** Two ways to 198.51.100.1 and fd00:9::1, both of which know the way back by the first. */
function twoWays(): void {
  for (const [at, name] of ['eth0', 'eth8'].entries()) {
    cable(name);
    addressed(name, at);
  }
  sh(`ip -n wire addr add 4.0.0.1/32 dev lo; ip -n wire addr add 2600::1/128 dev lo nodad
      ip route add default via 192.0.2.2; ip -6 route add default via fd00:2:0::2`);
  guests('alice', 'bob');
  sh('nft -f -', nat);
  start('alice', 'vnet0');
  start('bob', 'vnet1');
}

test(
  'the default route moves to a device that is no uplink: every view says so, as the frames do, until it is one',
  onHost(config('eth0'), () => {
    twoWays();
    shaped('alice', 'bob');
    counts(both('eth0'), [], () => talk('alice', '4.0.0.1'));
    const lost = 'eth8, which is no uplink of its';

    sh('ip -6 route replace default via fd00:2:1::2');
    assert.equal(said('alice'), [astray('what it sends by IPv6', lost)]);
    counts([], both('eth0'), () => talk('alice', '2600::1'));
    counts(both('eth0'), [], () => talk('alice', '4.0.0.1'));

    sh('ip route replace default via 192.0.2.18');
    counts([], both('eth0'), () => talk('alice', '4.0.0.1'));
    assert.equal(said('alice'), [astray('what it sends by IPv4 and IPv6', lost)]);
    const rows = (view: string, ...more: string[]) =>
      JSON.parse(host.run([view, '--json', ...more]).stdout)[view === 'explain' ? 'shaping' : 'guests'] as {
        guest: string;
        state: string;
        shaped: object;
        faults: { kind: string }[];
      }[];
    for (const view of [
      ['status'],
      ['tree'],
      ['verify'],
      ['top', '--interval', '0.1'],
      ['explain', 'alice'],
    ] as [string, ...string[]][]) {
      const row = rows(...view).find(({ guest: name }) => name === 'alice');
      assert.equal(
        [row?.state, row?.shaped, row?.faults.map(({ kind }) => kind)],
        ['unshaped', { out: false, in: false }, ['route']],
        view[0],
      );
    }
    assert.is(host.run(['verify']).status, 3);
    assert.match(host.run(['verify']).stdout, /^alice: the host routes what it sends .*eth8/m);
    const metrics = host.run(['metrics']).stdout;
    assert.match(metrics, /^virt_shaper_guest_shaped\{.*guest="alice".*\} 0$/m);
    assert.match(metrics, /^virt_shaper_guest_reason\{.*guest="alice".*kind="route".*\} 1$/m);
    const doctor = host.run(['doctor']).stdout;
    assert.match(doctor, /virbr0 .*by IPv4 and IPv6 leaves by eth8, which is no uplink/);
    assert.match(doctor, /alice .*the host routes what it sends/);
    assert.match(host.run(['status']).stdout, '\nwrite routed = ["virbr0"] in [uplink.eth8], too, or have');

    host.configure(config('eth0', 'eth8'));
    assert.is(host.run(['apply']).status, 0);
    shaped('alice', 'bob');
    counts(both('eth8'), both('eth0'), () => talk('alice', '4.0.0.1'));
    assert.not.match(host.run(['doctor']).stdout, 'leaves by');
  }),
);

test(
  'a way to the world by several devices, by none, past a rule for one guest: said of whom it is true',
  onHost(config('eth0'), () => {
    twoWays();
    sh('ip route replace default nexthop via 192.0.2.2 nexthop via 192.0.2.18');
    assert.equal(said('bob'), [astray('some of what it sends by IPv4', 'eth8, which is no uplink of its')]);
    for (const nowhere of ['ip route del default', 'ip route add unreachable default metric 9']) {
      sh(nowhere);
      shaped('alice', 'bob');
    }
    sh('ip route add default via 192.0.2.2');

    // The half of a VPN, and one for single prefixes.
    sh('ip route add 10.20.0.0/16 via 192.0.2.18');
    shaped('alice', 'bob');
    sh('ip route add 0.0.0.0/1 via 192.0.2.18');
    assert.is(said('bob')[0]?.slice(0, 15), 'unshaped; route');
    sh('ip route del 0.0.0.0/1');

    // By an address, and by our own mark.
    sh(
      'ip route add default via 192.0.2.18 table 101; ip neigh replace 10.8.0.2 lladdr 52:54:00:6d:90:01 dev virbr0',
    );
    for (const rule of ['from 10.8.0.2', 'fwmark 0x76730010']) {
      sh(`ip rule add ${rule} lookup 101 pref 100`);
      counts([], both('eth0'), () => talk('alice', '4.0.0.1'));
      assert.is(said('alice')[0]?.slice(0, 15), 'unshaped; route', rule);
      assert.equal(said('bob'), ['shaped'], rule);
      sh('ip rule del pref 100');
    }
    // The other way round: only he leaves by an uplink.
    sh(`ip route replace default via 192.0.2.18; ip route replace default via 192.0.2.2 table 101
        ip rule add from 10.8.0.2 lookup 101 pref 100`);
    assert.equal(said('alice'), ['shaped']);
    assert.is(said('bob')[0]?.slice(0, 15), 'unshaped; route');

    // A host that sends nothing on sends nothing past anybody.
    sh('echo 0 >/proc/sys/net/ipv4/ip_forward');
    shaped('alice', 'bob');
  }),
);

test.run();
