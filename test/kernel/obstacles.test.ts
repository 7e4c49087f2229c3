// Something of somebody else's in the way of one of two uplinks: its guests are named and not cut off, the other's are
// shaped, changed and taken out as if it were not there, and the next sync after it has gone heals all of it.
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { type Result, sh, TestHost } from './host.ts';
import { config, endUplinks, makeUplinks, reachGuest } from './two-uplinks.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'ping', 'flock'));

interface Obstacle {
  make: string;
  clear: string;
  /** What is said of it. */
  says: RegExp;
  /** What is still there after an unload. */
  stays?: [question: string, answer: string];
  /** It needs ours to be there. */
  after?: true;
  /** The uplink leads nowhere. */
  cut?: true;
}

const noIfb = 'ip link del ifb-eth0 2>/dev/null || true;';
const isForeignIfb = /device ifb-eth0 that virt-shaper did not make.*receive by eth0: cliff/;
const obstacles: Record<string, Obstacle> = {
  'a root qdisc on the uplink': {
    make: 'tc qdisc replace dev eth0 root pfifo',
    clear: 'tc qdisc del dev eth0 root',
    says: /eth0 has a root qdisc that virt-shaper did not set: pfifo .*send by eth0: cliff/,
    stays: ['tc qdisc show dev eth0', 'pfifo'],
  },
  'an HTB on the uplink that has our handle and our classes': {
    make: `tc qdisc del dev eth0 root 2>/dev/null || true; tc qdisc add dev eth0 root handle 1: htb default 10
      tc class add dev eth0 parent 1: classid 1:ffff htb rate 1gbit quantum 1514
      tc class add dev eth0 parent 1:ffff classid 1:10 htb rate 1gbit quantum 1514`,
    clear: 'tc qdisc del dev eth0 root',
    says: /eth0 has a root qdisc that virt-shaper did not set: htb 1:/,
    stays: ['tc class show dev eth0', 'htb 1:10 parent 1:ffff'],
  },
  'an ifb of our name': {
    make: `${noIfb} ip link add ifb-eth0 type ifb; ip link set ifb-eth0 up`,
    clear: 'ip link del ifb-eth0',
    says: isForeignIfb,
    stays: ['ip link show', 'ifb-eth0'],
  },
  'a bridge of our name': {
    make: `${noIfb} ip link add ifb-eth0 type bridge`,
    clear: 'ip link del ifb-eth0',
    says: isForeignIfb,
    stays: ['ip link show', 'ifb-eth0'],
  },
  'a root qdisc on our ifb': {
    make: 'tc qdisc replace dev ifb-eth0 root pfifo',
    clear: 'tc qdisc del dev ifb-eth0 root',
    says: /ifb-eth0 has a root qdisc that virt-shaper did not set: pfifo .*receive by eth0: cliff/,
    after: true,
  },
  'no uplink any more': {
    make: 'ip link del eth0',
    clear: `ip link add eth0 type veth peer name w-eth0; ip link set eth0 master br0 up
      ip addr add 10.9.9.1/24 dev w-eth0; ip link set w-eth0 up`,
    says: /guest cliff, vnet0: its uplink eth0 does not exist/,
    cut: true,
  },
  'an uplink of another name': {
    make: 'ip link set eth0 down; ip link set eth0 name eth9; ip link set eth9 up',
    clear: 'ip link set eth9 down; ip link set eth9 name eth0; ip link set eth0 up',
    says: /guest cliff, vnet0: its uplink eth0 does not exist/,
  },
  'an uplink that has left its bridge': {
    make: 'ip link set eth0 nomaster',
    clear: 'ip link set eth0 master br0',
    says: /guest cliff, vnet0: its uplink eth0 is not a port of br0/,
    cut: true,
  },
  'an uplink that is a port of nothing but itself, and somebody has its ifb': {
    make: `tc qdisc replace dev eth0 root pfifo; ${noIfb} ip link add ifb-eth0 type ifb`,
    clear: 'tc qdisc del dev eth0 root; ip link del ifb-eth0',
    says: isForeignIfb,
    stays: ['tc qdisc show dev eth0', 'pfifo'],
  },
};

let host: TestHost;
test.before.each(() => {
  host = new TestHost(config);
  makeUplinks(host, ['vnet1', 'vnet2']);
});
test.after.each(() => endUplinks(host));

/** Notes them as libvirt does, without loading. */
function runs(guest: string, tap: string, bridge: string): void {
  host.runs(guest, { [tap]: bridge });
}

function isShaped(uplink: string, id: string, tap: string, ceil = '20Mbit'): void {
  for (const [device, major] of [
    [uplink, 1],
    [`ifb-${uplink}`, 2],
  ] as const) {
    assert.match(sh(`tc class show dev ${device} classid ${major}:${id}`), `ceil ${ceil}`);
    assert.match(sh('nft list table bridge virt-shaper'), `meta priority set ${major}:${id}`);
  }
  assert.match(sh(`tc filter show dev ${tap} egress`), `Redirect to device ifb-${uplink}`);
}

function isNamed({ status, stderr }: Result, says: RegExp): void {
  assert.is(status, 1, stderr);
  assert.match(stderr, says);
  assert.not.match(stderr, /^warning.*rob|defect/m);
}

/** The other uplink's guests come, change and go. */
function othersGoOn(says: RegExp, cut: boolean): void {
  isNamed(host.run(['sync']), says);
  assert.is(host.run(['verify']).status, 3);
  runs('ann', 'vnet2', 'br1');
  const start = host.hook('ann', 'start', { vnet2: 'br1' });
  assert.is(start.status, 0, start.stderr);
  assert.not.match(start.stderr, 'UNSHAPED');
  isShaped('eth1', '12', 'vnet2');
  host.configure(config.replace('id = 0x11', 'id = 0x11\nceil = "30mbit"'));
  isNamed(host.run(['sync']), says);
  isShaped('eth1', '11', 'vnet1', '30Mbit');
  sh(`rm ${host.root}/run/libvirt/qemu/ann.xml`);
  assert.is(host.hook('ann', 'stopped').status, 0);
  assert.not.match(sh('tc class show dev eth1'), 'htb 1:12');
  if (!cut) reachGuest();
}

for (const [name, { make, clear, says, stays, after, cut }] of Object.entries(obstacles)) {
  for (const when of ['before the first load', 'after a load'].filter(
    (one) => after !== true || /^a/.test(one),
  )) {
    test(`${name}, ${when}: it costs its own uplink only`, () => {
      runs('cliff', 'vnet0', 'br0');
      runs('rob', 'vnet1', 'br1');
      if (when === 'after a load') {
        assert.is(host.run(['sync']).status, 0);
        isShaped('eth0', '10', 'vnet0');
        reachGuest();
      }
      sh(make);
      if (when === 'after a load') {
        const { stdout, stderr } = host.run(['verify']);
        assert.not.match(stdout, /marks|not loaded/, 'what the kernel has of the guest is as it was loaded');
        const state = JSON.parse(host.run(['doctor', '--json']).stdout).findings.find(
          ({ check }: { check: string }) => check === 'kernel-state',
        );
        assert.is(/differs/.test(state.detail), /^[~+-]/m.test(stdout), `${state.detail}\n${stdout}`);
        if (says.test(stderr)) assert.not.match(stderr, /loaded; virt-shaper sync/);
      }
      isNamed(host.run(['sync']), says);
      isShaped('eth1', '11', 'vnet1');
      if (!cut) reachGuest();
      if (when === 'after a load') othersGoOn(says, cut === true);
      // Gone.
      sh(clear);
      const healed = host.run(['sync']);
      assert.is(healed.status, 0, healed.stderr);
      isShaped('eth0', '10', 'vnet0');
      reachGuest();
      assert.is(host.run(['verify']).status, 0);
      assert.match(host.run(['status', '--interval', '0']).stdout, /^2 guests shaped/);
    });
  }

  test(`${name}: unload takes out ours and leaves it`, () => {
    runs('cliff', 'vnet0', 'br0');
    runs('rob', 'vnet1', 'br1');
    assert.is(host.run(['sync']).status, 0);
    sh(make);
    const { status, stderr } = host.run(['unload']);
    assert.is(status, 0, stderr);
    if (stays) assert.match(sh(stays[0]), stays[1]);
    if (!cut) reachGuest();
    assert.not.match(sh('nft list ruleset'), 'virt-shaper');
    assert.is(
      sh('tc class show dev eth1; tc filter show dev vnet0 egress; tc filter show dev vnet1 egress'),
      '',
    );
    if (name !== 'an ifb of our name') assert.not.match(sh('ip -d link show type ifb'), 'ifb-eth1');
  });
}

test('a guest behind an obstacle is told of at its start, and does not start where that is asked for', () => {
  sh('tc qdisc replace dev eth0 root pfifo');
  const allowed = host.hook('cliff', 'start', { vnet0: 'br0' });
  assert.is(allowed.status, 0);
  assert.match(allowed.stderr, 'guest cliff: eth0 has a root qdisc that virt-shaper did not set');
  assert.match(allowed.stderr, 'guest cliff starts UNSHAPED');
  host.hook('cliff', 'stopped');
  host.configure(`${config}[hook]\non_failure = "refuse"\n`);
  host.run(['apply']); // What is saved counts when somebody applies it.
  const refused = host.hook('cliff', 'start', { vnet0: 'br0' });
  assert.is(refused.status, 1);
  assert.match(refused.stderr, 'eth0 has a root qdisc');
  assert.is(host.hook('rob', 'start', { vnet1: 'br1' }).status, 0);
  isShaped('eth1', '11', 'vnet1');
});

test('the short way finds an obstacle that came since the load', () => {
  host.hook('cliff', 'start', { vnet0: 'br0' });
  host.hook('rob', 'start', { vnet1: 'br1' });
  host.run(['sync']);
  for (const [make, clear] of [
    ['tc qdisc replace dev eth1 root pfifo', 'tc qdisc del dev eth1 root'],
    ['ip link del ifb-eth1; ip link add ifb-eth1 type ifb', 'ip link del ifb-eth1'],
  ] as const) {
    sh(make);
    const start = host.hook('ann', 'start', { vnet2: 'br1' });
    assert.match(start.stderr, 'guest ann starts UNSHAPED');
    isShaped('eth0', '10', 'vnet0');
    host.hook('ann', 'stopped');
    sh(clear);
    assert.is(host.run(['sync']).status, 0);
    isShaped('eth1', '11', 'vnet1');
  }
});

test('obstacles on both uplinks: nothing of ours is left to harm anybody', () => {
  runs('cliff', 'vnet0', 'br0');
  runs('rob', 'vnet1', 'br1');
  host.run(['sync']);
  for (const uplink of ['eth0', 'eth1']) {
    sh(
      `tc qdisc replace dev ${uplink} root pfifo; ip link del ifb-${uplink}; ip link add ifb-${uplink} type ifb`,
    );
  }
  const { status, stderr } = host.run(['sync']);
  assert.is(status, 1);
  assert.match(stderr, /ifb-eth0.*cliff/);
  assert.match(stderr, /ifb-eth1.*rob/);
  assert.not.match(sh('nft list ruleset'), 'goto');
  assert.is(sh('tc filter show dev vnet0 egress; tc filter show dev vnet1 egress'), '');
  reachGuest();
});

test.run();
