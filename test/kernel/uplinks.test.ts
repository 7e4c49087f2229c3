// Uplinks that are not the port of the bridge, or not alone: real frames over VLANs and tunnels of one NIC, a bond,
// two NICs in a bridge. Each must pass the class of its guest on the way, and the class of nobody must stay as it is.
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { kernelState, sh, TestHost } from './host.ts';
import {
  counted,
  endSpaces,
  guestNic,
  type Kind,
  needsKind,
  needsLink,
  nic,
  portOn,
  talk,
  talked,
} from './stack.ts';

const needs = needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'ping', 'flock');
const test = unless(needs);
const kinds: Kind[] = ['vlan', 'vxlan'];
const lacks = (find: () => string | undefined) => needs ?? find();

const guests = `
[defaults]
rate = "1mbit"
ceil = "100mbit"
[group.friends]
ceil = "100mbit"
[guest.cliff]
id = 0x10
group = "friends"
[guest.rob]
id = 0x11
group = "friends"
`;
const uplink = (name: string, more = '') =>
  `[uplink."${name}"]\nceil = "1gbit"\n${more}unmarked.id = 0x333\n`;

let host: TestHost;

/** Each test has a host of its own, and leaves nothing behind. */
function onHost(config: string, body: () => void): () => void {
  return () => {
    host = new TestHost(`${config}${guests}`);
    try {
      body();
    } finally {
      endSpaces();
      host.end();
    }
  };
}

function start(name: string, taps: Record<string, string>): void {
  const { status, stderr } = host.hook(name, 'start', taps);
  assert.equal({ status, stderr }, { status: 0, stderr: '' });
}

/** Bytes, half of what `talk` sends: a kernel asks now and then whether a neighbour is still there. */
const stray = talked * 500;

/** What `body` sends must pass this class on this device, and not the one of nobody's. */
function passes(device: string, ids: string[], body: () => void): void {
  const nobody = `${ids[0]?.split(':')[0]}:333`;
  const before = [...ids, nobody].map((id) => counted(device, id));
  body();
  const [...after] = [...ids, nobody].map((id) => counted(device, id));
  const grown = after.map(({ packets }, index) => packets - (before[index]?.packets ?? 0));
  for (const [index, id] of ids.entries()) {
    assert.ok(
      (grown[index] ?? 0) >= talked,
      `${id} on ${device}: ${grown}\n${sh(`tc -s class show dev ${device}`)}`,
    );
  }
  const lost = (after.at(-1)?.bytes ?? 0) - (before.at(-1)?.bytes ?? 0);
  assert.ok(lost < stray, `${lost} bytes in ${nobody} on ${device}`);
}

function holds(): void {
  const { status, stdout, stderr } = host.run(['verify']);
  assert.is(status, 0, stdout + stderr);
}

for (const kind of kinds) {
  const over = unless(lacks(() => needsKind(kind)));

  over(
    `two bridges over one NIC by ${kind} share its tree, whichever way a guest's frames go`,
    onHost(uplink('eth0', 'bridge = ["br0", "br1"]\n'), () => {
      nic('eth0');
      portOn('eth0', 100, kind, 'br0', '10.1.0.1');
      portOn('eth0', 200, kind, 'br1', '10.2.0.1');
      guestNic('cliff', 'vnet0', 'br0', '10.1.0.2');
      guestNic('cliff', 'vnet1', 'br1', '10.2.0.2');
      guestNic('rob', 'vnet2', 'br1', '10.2.0.3');
      const before = kernelState();
      start('cliff', { vnet0: 'br0', vnet1: 'br1' });
      start('rob', { vnet2: 'br1' });
      holds();
      for (const address of ['10.1.0.1', '10.2.0.1']) {
        passes('eth0', ['1:10'], () => talk('cliff', address));
        passes('ifb-eth0', ['2:10'], () => talk('cliff', address));
      }
      passes('eth0', ['1:11'], () => talk('rob', '10.2.0.1'));
      passes('ifb-eth0', ['2:11'], () => talk('wire', '10.2.0.3'));

      assert.match(
        host.run(['status', '--interval', '0']).stdout,
        /^eth0 \(br0, br1\) {2}out at most 1gbit/m,
      );
      assert.match(host.run(['tree', '--interval', '0']).stdout, 'eth0 (br0, br1), receiving, on ifb-eth0');
      const explained = host.run(['explain', 'cliff']).stdout;
      assert.match(explained, 'cliff is shaped on eth0, and the kernel holds what is configured');
      assert.match(explained, 'vnet1 in br1, behind eth0');
      assert.match(host.run(['metrics']).stdout, /virt_shaper_guest_\w+\{.*guest="rob".*uplink="eth0"/);
      assert.match(host.run(['doctor']).stdout, /br1 +uplink eth0 by eth0\.200, 1gbit as configured/);

      assert.is(host.hook('cliff', 'stopped').status, 0);
      holds();
      assert.match(host.run(['tree', '--interval', '0']).stdout, 'eth0 (br1), sending');
      assert.is(host.hook('rob', 'stopped').status, 0);
      assert.is(host.run(['unload']).status, 0);
      assert.is(kernelState(), before);
    }),
  );

  over(
    `from guest to guest by ${kind} and a switch outside: out by the one's class, in by the other's`,
    onHost(uplink('eth0'), () => {
      nic('eth0');
      sh('ip -n wire link add switch type bridge; ip -n wire link set switch up');
      portOn('eth0', 100, kind, 'br0', 'switch');
      portOn('eth0', 200, kind, 'br1', 'switch');
      guestNic('cliff', 'vnet0', 'br0', '10.1.0.2');
      guestNic('rob', 'vnet2', 'br1', '10.1.0.3');
      start('cliff', { vnet0: 'br0' });
      start('rob', { vnet2: 'br1' });
      passes('eth0', ['1:10', '1:11'], () => talk('cliff', '10.1.0.3'));
      passes('ifb-eth0', ['2:10', '2:11'], () => talk('rob', '10.1.0.2'));
    }),
  );

  over(
    `a port that lies on its NIC by ${kind}: itself the uplink where it is named, refused where both are`,
    onHost(uplink('eth0.100'), () => {
      nic('eth0');
      portOn('eth0', 100, kind, 'br0', '10.1.0.1');
      guestNic('cliff', 'vnet0', 'br0', '10.1.0.2');
      start('cliff', { vnet0: 'br0' });
      passes('eth0.100', ['1:10'], () => talk('cliff', '10.1.0.1'));
      passes('ifb-eth0.100', ['2:10'], () => talk('cliff', '10.1.0.1'));
      assert.not.match(sh('tc qdisc show dev eth0'), 'htb');

      host.configure(`${uplink('eth0')}${uplink('eth0.100')}${guests}`);
      assert.match(host.run(['check']).stderr, 'eth0.100 lies on eth0, which is an uplink too');
      const both = host.run(['sync']);
      assert.match(
        both.stderr,
        'what leaves by eth0.100 would be shaped twice, by [uplink.eth0] and [uplink."eth0.100"]',
      );
      assert.match(host.run(['explain', 'cliff']).stdout, 'cliff is NOT shaped');

      host.configure(`${uplink('eth0')}${guests}`);
      assert.is(host.run(['sync']).status, 0);
      holds();
      assert.not.match(sh('tc qdisc show dev eth0.100'), 'htb');
      passes('eth0', ['1:10'], () => talk('cliff', '10.1.0.1'));
    }),
  );

  over(
    `init and doctor know that bridges over one NIC by ${kind} share it`,
    onHost('', () => {
      nic('eth0');
      portOn('eth0', 100, kind, 'br0', '10.1.0.1');
      portOn('eth0', 200, kind, 'br1', '10.2.0.1');
      const first = host.run(['init', '--print']).stdout;
      assert.match(first, '[uplink.eth0]\nbridge = ["br0", "br1"]\n');
      const alone = host.run(['doctor']).stdout;
      assert.match(
        alone,
        'eth0.100 and eth0.200 lie on it, and each is shaped as if it had the link to itself',
      );
      host.configure(first);
      assert.is(host.run(['check']).stderr.includes('warning'), false);
      const shared = host.run(['doctor']).stdout;
      assert.match(shared, /br1 +uplink eth0 by eth0\.200, \d+gbit as the kernel reports it/);
      assert.not.match(shared, 'to itself');
    }),
  );
}

test(
  'two NICs in one bridge, both configured: a class on each, and what comes in by each waits for its own',
  onHost(`${uplink('eth0')}${uplink('eth1')}`, () => {
    sh('ip link add br0 type bridge; ip link set br0 up');
    for (const name of ['eth0', 'eth1']) {
      nic(name);
      sh(`ip addr flush dev ${name}; ip link set ${name} master br0`);
    }
    sh('ip -n wire addr flush dev eth0; ip -n wire addr add 10.1.0.1/24 dev eth0');
    sh(
      'ip netns add far; ip -n wire link set eth1 netns far; ip -n far link set eth1 up; ip -n far addr add 10.1.0.9/24 dev eth1',
    );
    guestNic('cliff', 'vnet0', 'br0', '10.1.0.2');
    const before = kernelState();
    start('cliff', { vnet0: 'br0' });
    holds();
    passes('eth0', ['1:10'], () => talk('cliff', '10.1.0.1'));
    passes('ifb-eth0', ['2:10'], () => talk('cliff', '10.1.0.1'));
    passes('eth1', ['1:10'], () => talk('cliff', '10.1.0.9'));
    const other = counted('ifb-eth0', '2:10').bytes;
    passes('ifb-eth1', ['2:10'], () => talk('cliff', '10.1.0.9'));
    assert.ok(counted('ifb-eth0', '2:10').bytes - other < stray, 'nothing of it passed the other ifb');
    const status = JSON.parse(host.run(['status', '--json']).stdout);
    assert.equal(
      status.guests.map(({ uplink: name, state }: Record<string, string>) => `${name} ${state}`),
      ['eth0 shaped', 'eth1 shaped'],
    );
    assert.match(host.run(['explain', 'cliff']).stdout, 'vnet0 in br0, behind eth0 and eth1');

    host.configure(`${uplink('eth1')}${guests}`);
    const one = host.run(['sync']);
    assert.is(one.status, 0);
    holds();
    host.configure(`${uplink('eth0')}${uplink('eth1')}${guests}`);
    assert.is(host.run(['sync']).status, 0);
    holds();
    passes('ifb-eth1', ['2:10'], () => talk('cliff', '10.1.0.9'));
    assert.is(host.run(['unload']).status, 0);
    assert.is(kernelState(), before);
  }),
);

unless(lacks(() => needsLink('bond')))(
  'a bond: the tree is on the bond, also below a VLAN where there are any, and its NICs are no uplinks',
  onHost(uplink('bond0'), () => {
    const tagged = needsKind('vlan') === undefined;
    sh('ip link add bond0 type bond mode active-backup miimon 100; ip link add br0 type bridge');
    for (const name of ['eth0', 'eth1']) {
      nic(name);
      sh(
        `ip addr flush dev ${name}; ip link set ${name} down; ip link set ${name} master bond0; ip link set ${name} up`,
      );
    }
    sh(
      'ip -n wire link add sw type bridge; ip -n wire link set eth0 master sw; ip -n wire link set eth1 master sw; ip -n wire link set sw up',
    );
    const port = tagged ? 'bond0.7' : 'bond0';
    const far = tagged ? 'sw.7' : 'sw';
    if (tagged)
      sh(
        'ip link add link bond0 name bond0.7 type vlan id 7; ip -n wire link add link sw name sw.7 type vlan id 7',
      );
    sh(`ip link set bond0 up; ip link set br0 up; ip link set ${port} master br0 up`);
    sh(`ip -n wire link set ${far} up; ip -n wire addr add 10.1.0.1/24 dev ${far}`);
    guestNic('cliff', 'vnet0', 'br0', '10.1.0.2');
    start('cliff', { vnet0: 'br0' });
    passes('bond0', ['1:10'], () => talk('cliff', '10.1.0.1'));
    passes('ifb-bond0', ['2:10'], () => talk('cliff', '10.1.0.1'));
    host.configure(`${uplink('eth0')}${guests}`);
    assert.match(host.run(['check']).stderr, 'eth0 is no port of a bridge, and none lies on it');
  }),
);

unless(lacks(() => needsKind('vlan')))(
  'a bridge that filters VLANs, with guests in some of them and one that tags its own frames',
  onHost(uplink('eth0'), () => {
    nic('eth0');
    sh(`ip addr flush dev eth0; ip link add br0 type bridge vlan_filtering 1; ip link set br0 up
        ip link set eth0 master br0; bridge vlan add dev eth0 vid 20; bridge vlan add dev eth0 vid 30
        ip -n wire link add link eth0 name eth0.20 type vlan id 20; ip -n wire link set eth0.20 up
        ip -n wire link add link eth0 name eth0.30 type vlan id 30; ip -n wire link set eth0.30 up
        ip -n wire addr add 10.1.0.1/24 dev eth0.20; ip -n wire addr add 10.2.0.1/24 dev eth0.30`);
    guestNic('cliff', 'vnet0', 'br0', '10.1.0.2');
    sh('bridge vlan del dev vnet0 vid 1; bridge vlan add dev vnet0 vid 20 pvid untagged');
    guestNic('rob', 'vnet1', 'br0', '192.0.2.99');
    sh(`bridge vlan add dev vnet1 vid 30; ip -n rob link add link g-vnet1 name tagged type vlan id 30
        ip -n rob link set tagged up; ip -n rob addr add 10.2.0.2/24 dev tagged`);
    start('cliff', { vnet0: 'br0' });
    start('rob', { vnet1: 'br0' });
    passes('eth0', ['1:10'], () => talk('cliff', '10.1.0.1'));
    passes('ifb-eth0', ['2:10'], () => talk('cliff', '10.1.0.1'));
    passes('eth0', ['1:11'], () => talk('rob', '10.2.0.1'));
    passes('ifb-eth0', ['2:11'], () => talk('wire', '10.2.0.2'));
  }),
);

test.run();
