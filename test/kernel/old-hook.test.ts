import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { kernelState, packets, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest.cliff]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
id = 0x10
`;

const { test, host } = kernelTest({
  config,
  needs: ['ping'],
  begin: () => {
    assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).stderr, '');
  },
});

test('IPv6 and ARP went unshaped', () => {
  sh(`ip netns add guest; ip link set g-vnet0 netns guest
      ip -n guest addr add 10.9.9.2/24 dev g-vnet0; ip -n guest addr add fd99::2/64 dev g-vnet0 nodad
      ip -n guest link set g-vnet0 up
      ip addr add 10.9.9.1/24 dev w-eth0; ip addr add fd99::1/64 dev w-eth0 nodad`);
  try {
    const frames: Record<string, string> = {
      'IPv4 and its ARP': 'ping -c 3 -i 0.2 -W 1 10.9.9.2',
      'IPv6 and its neighbour discovery': 'ping -6 -c 3 -i 0.2 -W 1 fd99::2',
    };
    for (const [what, command] of Object.entries(frames)) {
      const before = [packets('eth0', '1:10'), packets('ifb-eth0', '2:10')] as const;
      sh(`${command} >/dev/null`);
      assert.ok(packets('eth0', '1:10') - before[0] >= 4, `${what}: three answers and one of the address`);
      // The question for its address, which every guest is asked, passes whatever its class does.
      assert.ok(packets('ifb-eth0', '2:10') - before[1] >= 3, `${what}: three questions`);
    }
  } finally {
    sh('ip netns del guest');
  }
});

test('a second start failed half-way on what existed', () => {
  const before = kernelState();
  const { status, stderr } = host.hook('cliff', 'start', { vnet0: 'br0' });
  assert.equal({ status, stderr }, { status: 0, stderr: '' });
  assert.is(kernelState(), before);
});

test('group classes and qdiscs were never removed', () => {
  assert.match(sh('tc class show dev eth0'), /class htb 1:\w+ parent 1:ffff rate 15Mbit ceil 30Mbit/);
  assert.is(host.hook('cliff', 'stopped').status, 0);
  assert.is(sh('tc class show dev eth0; nft list tables; ip -o link show type ifb'), '');
  assert.not.match(sh('tc qdisc show'), /htb|clsact|fifo|codel/);
});

test('iptables and tc could disagree: a mark never leads to a class that is not there', () => {
  const path = host.wrap('tc', 'case "$1" in -batch) exit 1;; esac');
  const before = kernelState();
  host.configure(config.replace('0x10', '0x20'));
  assert.is(host.run(['render']).status, 0);
  assert.is(host.run(['load'], { path }).status, 1);
  assert.is(kernelState(), before, 'neither has moved');
});

test('30-odd processes per guest start', () => {
  const log = join(host.root, 'calls');
  const [path] = ['nft', 'tc', 'ip', 'flock', 'unshare', 'sh', 'logger'].map((name) =>
    host.wrap(name, `echo ${name} >> ${log}`),
  );
  host.configure(`${config}[guest.rob]\nrate = "1mbit"\n`);
  assert.is(host.run(['apply']).status, 0);
  assert.is(host.hook('rob', 'start', { vnet1: 'br0' }, { ...(path ? { path } : {}) }).stderr, '');
  const calls = sh(`cat ${log}`).trim().split('\n');
  assert.ok(calls.includes('nft') && calls.includes('tc') && calls.includes('flock'));
  assert.ok(calls.length <= 16, calls.join(' '));
});

test.run();
