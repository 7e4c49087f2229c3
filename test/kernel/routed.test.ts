// Guests behind a router, as on libvirt's `default` network: real frames from a namespace to another by the host's
// routing, each counted in its guest's class, whichever way it leaves.
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { kernelState, sh, TestHost } from './host.ts';
import { counted, endSpaces, guestNic, talk, talked } from './stack.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'ping', 'flock'));

const config = (routed: string, more = '') => `
[uplink.eth0]
ceil = "1gbit"
routed = ${routed}
${more}
[defaults]
rate = "1mbit"
[group.friends]
ceil = "100mbit"
[guest.alice]
id = 0x10
group = "friends"
[guest.bob]
id = 0x11
group = "friends"
`;

const network = (mode: string) => `<networkstatus><network><name>default</name><forward mode='${mode}'/>
  <bridge name='virbr0' stp='on' delay='0'/></network></networkstatus>`;

/** As the hook is told (host.ts). */
const mac = '52:54:00:6d:90:01';

const nat = `table inet libvirt_network {
  chain guest_nat {
    type nat hook postrouting priority 100
    ip saddr 10.8.0.0/24 ip daddr != 10.8.0.0/24 masquerade
    ip6 saddr fd00:8::/64 ip6 daddr != fd00:8::/64 masquerade
  }
}
`;

let host: TestHost;

/** The host has 10.8.0.1 on virbr0 and 192.0.2.1 on the way out, at whose other end is 192.0.2.2, `wire`. */
function begin(text: string, { mode = 'nat', bridged = false } = {}): void {
  host = new TestHost(text);
  host.write('run/libvirt/network/default.xml', network(mode));
  const way = bridged ? 'br0' : 'eth0';
  sh(`ip link set lo up; ip netns add wire
      ip link add eth0 type veth peer name eth0 netns wire
      ip link set eth0 up; ip -n wire link set eth0 up; ip -n wire link set lo up
      ${bridged ? 'ip link add br0 type bridge; ip link set br0 up; ip link set eth0 master br0' : ''}
      echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
      ip addr add 192.0.2.1/24 dev ${way}; ip addr add fd00:2::1/64 dev ${way} nodad
      ip -n wire addr add 192.0.2.2/24 dev eth0; ip -n wire addr add fd00:2::2/64 dev eth0 nodad
      ip -n wire route add 10.8.0.0/24 via 192.0.2.1; ip -n wire route add fd00:8::/64 via fd00:2::1`);
  network0();
  if (mode === 'nat') {
    sh('nft -f -', nat);
  }
}

/** What net-start makes, and libvirt's guest's NIC on it. */
function network0(): void {
  sh(`ip link add virbr0 type bridge; ip link set virbr0 up
      ip addr add 10.8.0.1/24 dev virbr0; ip addr add fd00:8::1/64 dev virbr0 nodad
      tc qdisc add dev virbr0 root handle 1: htb default 2
      tc class add dev virbr0 parent 1: classid 1:2 htb rate 10gbit`);
  guestNic('alice', 'vnet0', 'virbr0', '10.8.0.2');
  sh(`ip -n alice link set g-vnet0 address ${mac}; ip -n alice addr add fd00:8::2/64 dev g-vnet0 nodad
      ip -n alice route add default via 10.8.0.1; ip -n alice route add default via fd00:8::1`);
}

function start(name: string, taps: Record<string, string>): void {
  const { status, stderr } = host.hook(name, 'start', taps);
  assert.equal({ status, stderr }, { status: 0, stderr: '' });
}

const ids = ['1:10', '2:10'] as const;
const deviceOf = (id: string) => (id.startsWith('1:') ? 'eth0' : 'ifb-eth0');
const packets = (id: string) => counted(deviceOf(id), id).packets;

/** Whether all that a guest sends and receives in a conversation is in its classes, and nothing else is. */
function mustCount(space: string, address: string, [out, into]: readonly [string, string] = ids): void {
  // The first may be asked again, until each knows where the other is.
  sh(`ip netns exec ${space} ping -q -c 1 -w 10 ${address}`);
  const before = [packets(out), packets(into)];
  talk(space, address);
  const after = [packets(out), packets(into)];
  const more = after.map((count, at) => count - (before[at] ?? 0) - talked - 1);
  // A namespace has things of its own to say, of IPv6.
  const how = `${more}: ${space} to ${address}\n${sh('tc -s class show dev eth0; nft list ruleset')}`;
  assert.ok(
    more.every((count) => count >= 0 && count <= 6),
    how,
  );
}

function stateOf(guest: string): { state: string; reasons: string[] } {
  const { stdout, stderr } = host.run(['status', '--json']);
  assert.match(stdout, /^\{/, stderr);
  const rows = JSON.parse(stdout).guests as { guest: string; state: string; faults: { reason: string }[] }[];
  const row = rows.find((one) => one.guest === guest);
  return { state: row?.state ?? 'none', reasons: (row?.faults ?? []).map(({ reason }) => reason) };
}

const shaped = { state: 'shaped', reasons: [] };

function onHost(body: () => void): () => void {
  return () => {
    try {
      body();
    } finally {
      endSpaces();
      host.end();
      sh('echo 0 >/proc/sys/net/ipv4/fwmark_reflect; echo 0 >/proc/sys/net/ipv6/fwmark_reflect');
    }
  };
}

for (const mode of ['nat', 'route']) {
  for (const bridged of [false, true]) {
    const way = bridged ? 'a port of a bridge' : 'a NIC';
    test(
      `a guest behind a router (${mode}) by ${way}: IPv4 and IPv6, both ways`,
      onHost(() => {
        begin(config('"libvirt"'), { mode, bridged });
        const theirs = () =>
          sh(
            'nft list table inet libvirt_network 2>/dev/null || true; tc qdisc show dev virbr0; tc -d class show dev virbr0',
          );
        const before = theirs();
        const reflect = () => sh('cat /proc/sys/net/ipv4/fwmark_reflect').trim();
        assert.is(reflect(), '0');
        start('alice', { vnet0: 'virbr0' });
        mustCount('alice', '192.0.2.2');
        mustCount('alice', 'fd00:2::2');
        if (mode === 'route') mustCount('wire', '10.8.0.2');
        assert.equal(stateOf('alice'), shaped);
        assert.is(host.run(['verify']).status, 0);
        assert.is(theirs(), before, 'what libvirt made stays');
        assert.is(reflect(), '1');

        // The host's own is nobody's.
        const own = packets('1:10');
        talk('wire', '192.0.2.1');
        assert.is(packets('1:10'), own);

        assert.is(host.run(['unload']).status, 0);
        assert.is(theirs(), before);
        assert.is(reflect(), '0');
        assert.not.match(kernelState(), 'virt-shaper"|7673');
      }),
    );
  }
}

test(
  'a bridged guest and a routed one share a group; net-destroy and net-start are healed by sync',
  onHost(() => {
    begin(config('["virbr0"]'), { bridged: true });
    guestNic('bob', 'vnet1', 'br0', '192.0.2.3');
    sh(`ip -n bob link set g-vnet1 address ${mac}`);
    start('alice', { vnet0: 'virbr0' });
    start('bob', { vnet1: 'br0' });
    mustCount('bob', '192.0.2.2', ['1:11', '2:11']);
    mustCount('alice', '192.0.2.2');
    assert.equal([stateOf('alice'), stateOf('bob')], [shaped, shaped]);
    const tree = host.run(['tree']).stdout;
    assert.match(tree, /group friends[\s\S]*─ alice[\s\S]*─ bob/);

    sh('ip netns del alice; ip link del virbr0');
    assert.is(stateOf('alice').state, 'gone');
    network0();
    assert.is.not(stateOf('alice').state, 'shaped');
    assert.is(host.run(['sync']).status, 0);
    assert.equal(stateOf('alice'), shaped);
    mustCount('alice', '192.0.2.2');
  }),
);

/** Takes an element, a table or a value out by hand. @returns how its guest is seen with it gone, and after a load */
function broken(by: string): { state: string; reasons: string[] } {
  sh(by);
  const seen = stateOf('alice');
  const verified = host.run(['verify']);
  assert.is(verified.status, 3, `${by}: ${verified.stdout}${verified.stderr}`);
  assert.is(host.run(['load']).status, 0);
  assert.equal(stateOf('alice'), shaped, by);
  return seen;
}

for (const bridged of [false, true]) {
  test(
    `behind a router by ${bridged ? 'a port of a bridge' : 'a NIC'}: what is gone is seen, and put back`,
    onHost(() => {
      begin(config('["virbr0"]'), { bridged });
      start('alice', { vnet0: 'virbr0' });
      const bridge = 'nft delete element bridge virt-shaper';
      const lost = (way: string) => ({
        state: 'partly',
        reasons: [`the nftables table does not lead what vnet0 ${way} to its class`],
      });
      assert.equal(broken(`${bridge} senders '{ "vnet0" }'`), lost('sends'));
      assert.equal(broken(`${bridge} sent '{ "vnet0" . 0x76730000 }'`), lost('receives'));
      if (bridged) {
        assert.equal(broken(`${bridge} senders '{ "eth0" }'`), lost('receives'));
        assert.equal(broken(`${bridge} sent '{ "eth0" . 0x76730010 }'`), lost('sends'));
      } else {
        const inet = 'nft delete element inet virt-shaper';
        assert.equal(broken(`${inet} routed '{ "eth0" . 0x76730010 }'`), lost('sends'));
        assert.equal(broken(`${inet} arrivals '{ "eth0" . "virbr0" }'`), lost('receives'));
        const both = [...lost('sends').reasons, ...lost('receives').reasons];
        assert.equal(broken('nft delete table inet virt-shaper'), { state: 'unshaped', reasons: both });
      }
      assert.is(broken('nft delete table bridge virt-shaper').state, 'unshaped');

      sh('echo 0 >/proc/sys/net/ipv4/fwmark_reflect');
      const { stdout } = host.run(['plan']);
      assert.match(stdout, /^~ net\.ipv4\.fwmark_reflect: it is 0, not 1$/m);
      const objects = host.run(['plan', '--verbose']).stdout;
      assert.match(
        objects,
        'setting net.ipv4.fwmark_reflect\n  ~ net.ipv4.fwmark_reflect  (it is 0, not 1)\n',
      );
      assert.is(broken('true').state, 'shaped');
    }),
  );
}

test(
  'rules of others that take the mark or the class from routed frames are named, those that do not are not',
  onHost(() => {
    begin(config('["virbr0"]'), { mode: 'route' });
    start('alice', { vnet0: 'virbr0' });
    const foreign = (hook: string, rule: string) => {
      sh('nft -f -', `table inet other { chain c {\n type filter hook ${hook};\n${rule}\n}\n}\n`);
      const seen = stateOf('alice');
      const before = packets('1:10');
      sh('ip netns exec alice ping -q -c 1 -w 10 192.0.2.2');
      const isCounted = packets('1:10') > before;
      sh('nft delete table inet other');
      assert.is(isCounted, !seen.reasons.some((reason) => reason.endsWith('sends')), `${hook}: ${rule}`);
      return [seen.state, ...seen.reasons].join(': ');
    };
    /** Whether IP rules see a frame in the bridge already, before it is marked. */
    const bridged = (value: 0 | 1) =>
      sh(`for tables in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do
            [ ! -e $tables ] || echo ${value} >$tables; done`);
    const hasNetfilter = sh('ls /proc/sys/net').includes('bridge');
    if (hasNetfilter) {
      bridged(1);
      assert.is(foreign('prerouting priority -150', 'iifname "virbr0" meta mark set 0x1'), 'shaped');
      bridged(0);
    }
    const chain = 'chain c of table inet other takes';
    assert.is(
      foreign('prerouting priority -150', 'iifname "virbr0" meta mark set 0x1'),
      `partly: ${chain} our mark from what it sends`,
    );
    assert.is(
      foreign('forward priority 260', 'meta mark set 0x1'),
      `unshaped: ${chain} our mark from what it sends: ${chain} our mark from what it receives`,
    );
    assert.is(
      foreign('postrouting priority 310', 'oifname "eth0" meta priority set 1:fffe'),
      `partly: ${chain} the class from what it sends`,
    );
    assert.is(foreign('prerouting priority -150', 'iifname "eth0" meta mark set 0x1'), 'shaped');
    assert.is(foreign('forward priority 0', 'meta priority set 1:1'), 'shaped');
    assert.is(foreign('forward priority 0', 'oifname "virbr0" accept'), 'shaped');
  }),
);

test(
  'a guest behind a router that sends from another address than its XML has gets his by his own class',
  onHost(() => {
    begin(config('["virbr0"]'), { mode: 'route' });
    start('alice', { vnet0: 'virbr0' });
    sh(
      'ip -n alice link set g-vnet0 address 02:00:00:00:00:77; ip -n alice route replace default via 10.8.0.1',
    );
    mustCount('alice', '192.0.2.2');
    // What was learned goes with the table; what he sends next is enough to learn it again.
    sh('nft flush ruleset');
    assert.is(host.run(['sync']).status, 0);
    mustCount('alice', '192.0.2.2');
  }),
);

test(
  'the ruleset as nft lists it can be loaded again, whatever was learned meanwhile',
  onHost(() => {
    begin(config('["virbr0"]'), { mode: 'route', bridged: true });
    start('alice', { vnet0: 'virbr0' });
    sh(
      'ip -n alice link set g-vnet0 address 02:00:00:00:00:77; ip -n alice route replace default via 10.8.0.1',
    );
    mustCount('alice', '192.0.2.2');
    const learned = () => sh('nft list set bridge virt-shaper learned');
    assert.match(learned(), '"vnet0" . 02:00:00:00:00:77');
    // As many hosts do it at shutdown, and load it at boot before anything else.
    sh('nft list ruleset >saved.nft; nft flush ruleset; nft -f saved.nft; rm saved.nft');
    assert.match(learned(), '"vnet0" . 02:00:00:00:00:77');
    mustCount('alice', '192.0.2.2');
    assert.is(host.run(['verify']).status, 0);
  }),
);

test(
  'doctor: what would pass a routed guest’s class, and nothing of what does not',
  onHost(() => {
    begin(config('"libvirt"'), { mode: 'route' });
    start('alice', { vnet0: 'virbr0' });
    const findings = () =>
      (
        JSON.parse(host.run(['doctor', '--json']).stdout).findings as {
          check: string;
          subject: string;
          detail: string;
        }[]
      )
        .filter(({ check }) => /^(flowtable|ip-rule|settings|in-force|rules|guest\.un.*|policy)$/.test(check))
        .map(({ check, detail }) => `${check}: ${detail}`);
    sh('ip rule add fwmark 0x80000/0xff0000 table 52; ip rule add fwmark 0x1 table 52');
    const before = findings();
    assert.not.ok(
      before.some((one) => /^(flowtable|ip-rule|settings|guest|policy)/.test(one)),
      `${before}`,
    );
    sh('ip rule add fwmark 0x76000000/0xff000000 table 53');
    const after = findings().filter((one) => !before.includes(one));
    assert.is(after.length, 1, `${after}`);
    assert.match(after[0] ?? '', 'from all fwmark 0x76000000/0xff000000 lookup 53');
    for (const mark of ['0x76000000/0xff000000', '0x80000/0xff0000', '0x1']) sh(`ip rule del fwmark ${mark}`);

    const elsewhere = () => host.run(['doctor']).stdout.match(/virbr0 .*(leaves by \S+), which/)?.[1];
    sh('ip route add default via 192.0.2.2');
    assert.is(elsewhere(), undefined);
    sh('ip link add eth8 type veth peer name eth9; ip link set eth8 up; ip route replace default dev eth8');
    assert.is(elsewhere(), 'leaves by eth8');
    sh('ip link del eth8');
  }),
);

test(
  'what comes in for no guest’s own address is the flooded class’s; of macs that are written it is not',
  onHost(() => {
    const other = '02:00:00:00:00:77';
    begin(config('["virbr0"]'), { bridged: true });
    guestNic('bob', 'vnet1', 'br0', '192.0.2.3');
    sh(`ip -n bob link set g-vnet1 address ${mac}`);
    start('bob', { vnet1: 'br0' });
    const flood = (lladdr: string) => {
      const count = () => [packets('2:11'), packets('2:ff00')];
      sh(`ip -n wire neigh replace 192.0.2.99 lladdr ${lladdr} dev eth0`);
      const before = count();
      sh('ip netns exec wire ping -q -c 20 -i 0.01 -W 1 192.0.2.99 || true');
      return count().map((after, at) => after - (before[at] ?? 0));
    };
    const [own, flooded] = flood(other);
    assert.ok((own ?? 0) < 5, String(own));
    assert.ok((flooded ?? 0) >= 20, String(flooded));
    const metrics = host.run(['metrics']).stdout;
    assert.match(metrics, /virt_shaper_flooded_packets_total\{uplink="eth0",direction="in"\} \d\d/);
    assert.match(host.run(['tree']).stdout, /└─ flooded +2:ff00/);

    // Questions for addresses are in no class of ours.
    sh('ip -n bob neigh flush all; ip -n wire neigh flush all');
    const arp = packets('2:11');
    sh(`ip netns exec bob ping -q -c 1 -w 10 192.0.2.2`);
    assert.ok(packets('2:11') - arp <= 2);

    for (const macs of ['"any"', `["${other}"]`]) {
      host.configure(config('["virbr0"]').replace('[guest.bob]', `[guest.bob]\nmacs = ${macs}`));
      assert.is(host.run(['sync']).status, 0);
      assert.ok((flood(other)[0] ?? 0) >= 20, macs);
    }
    assert.ok((flood('02:00:00:00:00:78')[0] ?? 0) < 5);
  }),
);

for (const bridged of [false, true]) {
  test(
    `what is said of a guest behind a router helps when it is followed (by ${bridged ? 'a port of a bridge' : 'a NIC'})`,
    onHost(() => {
      const entry = '[guest.alice]\nid = 0x10\nceil = "100mbit"\n';
      begin(bridged ? entry : `[uplink.eth0]\nrouted = "virbr7"\n${entry}`, { bridged });
      sh('ip route add default via 192.0.2.2');
      const reason = "it is on libvirt's NAT network default (virbr0), which no uplink has as routed";
      const { status, stderr } = host.hook('alice', 'start', { vnet0: 'virbr0' });
      assert.is(status, 0);
      assert.match(stderr, reason);
      assert.equal(stateOf('alice'), { state: 'unshaped', reasons: [reason] });
      assert.match(host.run(['status']).stdout, 'write routed = "libvirt" in [uplink.NAME]');
      assert.match(host.run(['doctor']).stdout, 'write routed = "libvirt" in [uplink.NAME]');
      if (!bridged)
        assert.match(host.run(['check']).stderr, 'uplink.eth0.routed: there is no bridge virbr7 now');

      const first = host.run(['init', '--print']).stdout;
      const table = first.match(/^\[uplink\.eth0\]\n(?:.+\n)*/m)?.[0] ?? '';
      assert.match(table, '\nrouted = "libvirt"\n');
      assert.is(table.includes('bridge = "br0"'), bridged);
      host.configure(`${first}${entry}`);
      assert.is(host.run(['check']).status, 0);
      assert.is(host.run(['sync']).status, 0);
      assert.equal(stateOf('alice'), shaped);
      mustCount('alice', '192.0.2.2');
      assert.match(host.run(['doctor']).stdout, /virbr0 +.*eth0.* by the host's routing/);
      assert.match(host.run(['explain', 'alice']).stdout, 'eth0');
    }),
  );
}

test.run();
