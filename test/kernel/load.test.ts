import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { kernelState, program, sh } from './host.ts';
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
[guest.rob]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
[guest.jason]
rate = "30mbit"
ceil = { out = "30mbit", in = "100mbit" }
`;

const { test, host } = kernelTest({ config, taps: ['vnet0', 'vnet1', 'vnet2'], needs: ['ping'] });

function startAll(): void {
  for (const [guest, tap] of [
    ['cliff', 'vnet0'],
    ['rob', 'vnet1'],
    ['jason', 'vnet2'],
  ] as const) {
    const { status, stderr } = host.hook(guest, 'start', { [tap]: 'br0' });
    assert.is(status, 0, stderr);
    assert.is(stderr, '');
  }
}

test('the three files by hand on a clean host give the same kernel state as load', () => {
  startAll();
  const loaded = kernelState();
  assert.match(loaded, 'class htb 2:');
  const { rules } = host;
  const keep = join(host.root, 'keep');
  sh(`cp -r ${rules} ${keep}`);
  assert.is(host.run(['unload']).status, 0);
  sh(`ip -batch ${keep}/devices.ip; tc -batch ${keep}/shape.tc; nft -f ${keep}/ruleset.nft`);
  assert.is(kernelState(), loaded);
});

test('unload leaves the kernel as it was before the first load', () => {
  sh('nft add table bridge other; tc qdisc add dev vnet1 clsact');
  sh('tc filter add dev vnet1 ingress protocol all pref 7 u32 match u32 0 0 flowid 1:1');
  const before = kernelState();
  startAll();
  assert.is.not(kernelState(), before);
  assert.is(host.run(['unload']).status, 0);
  assert.is(kernelState(), before);
  assert.match(host.run(['unload']).stderr, 'nothing to do');
});

test('the last guest to stop leaves the kernel as it was before the first start', () => {
  const before = kernelState();
  startAll();
  for (const guest of ['rob', 'cliff', 'jason']) {
    assert.is(host.hook(guest, 'stopped').status, 0);
    assert.is(host.hook(guest, 'release').status, 0);
  }
  assert.is(kernelState(), before);
});

test('a second load has nothing to do', () => {
  startAll();
  const before = kernelState();
  const { status, stderr } = host.run(['load']);
  assert.is(status, 0);
  assert.match(stderr, 'nothing to do');
  assert.is(kernelState(), before);
});

test('a second start of the same guest changes nothing', () => {
  startAll();
  const before = kernelState();
  startAll();
  assert.is(kernelState(), before);
});

test('rates change in place: no counter is reset', () => {
  startAll();
  sh(`ip addr add 10.9.9.1/24 dev w-eth0; ip neigh add 10.9.9.2 lladdr 02:00:00:00:00:01 dev w-eth0
      ip link set dev g-vnet0 address 02:00:00:00:00:01; ping -c 3 -i 0.2 -W 1 10.9.9.2 >/dev/null || true`);
  const sent = () => sum(sh('tc -s class show dev ifb-eth0'), /Sent (\d+) bytes/g);
  const before = sent();
  assert.ok(before > 0);
  host.configure(config.replaceAll('"30mbit"', '"40mbit"'));
  assert.is(host.run(['render']).status, 0);
  assert.match(host.run(['load']).stderr, 'loaded');
  assert.match(sh('tc class show dev ifb-eth0'), 'ceil 40Mbit');
  assert.ok(sent() >= before);
});

function sum(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
}

test('a changed group, id and burst end as if they had always been so', () => {
  startAll();
  host.configure(config.replace('[guest.rob]\ngroup = "friends"', '[guest.rob]\nid = 0x99\nburst = "64k"'));
  assert.is(host.run(['render']).status, 0);
  assert.is(host.run(['load']).status, 0);
  const changed = kernelState();
  assert.match(changed, /class htb 1:99 parent 1:ffff/);
  assert.is(host.run(['unload']).status, 0);
  assert.is(host.run(['load']).status, 0);
  assert.is(kernelState(), changed);
});

test('what the kernel holds is told apart where lo has never been up, too', () => {
  startAll();
  const port = (name: string) =>
    `ip link add ${name} type veth peer name g-${name}; ip link set ${name} master br0 up`;
  const virtShaper = `${process.execPath} ${program} --quiet --root ${host.root}`;
  const script = ['eth0', 'vnet0', 'vnet1', 'vnet2'].map(port).join('\n');
  sh(
    `unshare -nm sh -e`,
    `mount -t sysfs sysfs /sys; ip link add br0 up type bridge\n${script}
      test -z "$(tc qdisc show dev lo)"
      ${virtShaper} load; ${virtShaper} verify; tc class show dev eth0 | grep -q 'htb 1:ffff'`,
  );
});

test('a root qdisc or an ifb of somebody else is named and left alone', () => {
  sh(`tc qdisc add dev eth0 root handle 7: htb; ip link add ifb-eth0 type ifb
      for n in 1 2 3 4 5 6 7 8 9; do ip link | grep -q NO-CARRIER || break; sleep 0.1; done`);
  const before = kernelState();
  const start = host.hook('cliff', 'start', { vnet0: 'br0' });
  assert.is(start.status, 0, 'on_failure = "allow": the guest starts');
  assert.match(start.stderr, 'eth0 has a root qdisc that virt-shaper did not set: htb 7:');
  assert.match(start.stderr, 'UNSHAPED');
  const load = host.run(['load']);
  assert.is(load.status, 1);
  assert.match(load.stderr, 'tc qdisc del dev eth0 root');
  assert.is(kernelState(), before);
  assert.match(load.stderr, 'there is a device ifb-eth0 that virt-shaper did not make');
});

test('a table of somebody else that sets our marks is named and left alone', () => {
  sh(
    'nft add table inet other; nft add chain inet other c; nft add rule inet other c meta mark set 0x76730001',
  );
  const { status, stderr } = host.hook('cliff', 'start', { vnet0: 'br0' });
  assert.is(status, 0);
  assert.match(stderr, 'table inet other sets the mark 0x76730001');
  assert.match(stderr, '[marks] base');
  assert.match(sh('nft list ruleset'), '0x76730001');
  assert.is(host.hook('rob', 'start', { vnet1: 'br0' }).stderr, '', 'said once');
});

test('links of any speed load, known or assumed', () => {
  for (const speed of [
    'ceil = "10gbit"',
    'ceil = "25gbit"',
    'ceil = "400gbit"',
    'ceil = "299543459bit"',
    '',
  ]) {
    host.configure(config.replace('ceil = "1gbit"', speed));
    const { status, stderr } = host.hook('cliff', 'start', { vnet0: 'br0' });
    assert.is(status, 0);
    assert.is(stderr, '', speed);
    assert.is(host.run(['verify']).status, 0, speed);
  }
});

test('a table of our name that is not ours is left alone', () => {
  sh('nft add table bridge virt-shaper; nft add chain bridge virt-shaper theirs');
  const { stderr } = host.hook('cliff', 'start', { vnet0: 'br0' });
  assert.match(stderr, 'there is a table bridge virt-shaper that virt-shaper did not make');
  assert.match(sh('nft list ruleset'), 'theirs');
});

test('a good/ that cannot be read is replaced by the next load', () => {
  startAll();
  sh(`rm ${host.rules}/good/shape.tc`);
  assert.is(host.run(['verify']).status, 1);
  assert.is(host.run(['tree']).status, 0);
  assert.is(host.run(['load']).status, 0);
  sh(`rm -r ${host.rules}/good; mkdir ${host.rules}/good; echo x > ${host.rules}/good/ruleset.nft`);
  assert.is(host.run(['load']).status, 0);
  assert.is(host.run(['verify']).status, 0);
});

test('a line that tc refuses costs its own tree only, and says which line and whose', () => {
  startAll();
  // fq_codel lists each flow that waits as a class of its own.
  const tree = (device: string) => sh(`tc class show dev ${device} | grep '^class htb' | sort`);
  const [before, others] = [tree('eth0'), tree('ifb-eth0')];
  host.configure(config.replaceAll('"30mbit"', '"20mbit"').replace('rate = "15mbit"', 'rate = "10mbit"'));
  host.run(['render']);
  const path = host.wrap(
    'tc',
    'case "$*" in *stage-1.tc) sed -i "/dev eth0 /s/rate [^ ]*/rate nonsense/" "$2";; esac; exec $real "$@"',
  );
  const { status, stderr } = host.run(['load'], { path });
  assert.is(status, 1);
  assert.match(
    stderr,
    /^warning: eth0: \S+shape\.tc:\d+:\d+: (guest|group) .*: tc refused to "class change dev eth0 /m,
  );
  assert.not.match(stderr, 'Usage:');
  assert.is(tree('eth0'), before);
  assert.is.not(tree('ifb-eth0'), others);
  assert.is(host.run(['verify']).status, 3);
  assert.is(host.run(['load']).status, 0);
  assert.is.not(tree('eth0'), before);
  assert.is(host.run(['verify']).status, 0);
});

test('a tc whose words for a rate are not known is not believed', () => {
  startAll();
  const before = kernelState();
  const path = host.wrap('tc', '$real "$@" | sed "s/ rate \\([0-9.]*\\)Mbit/ rate \\1Mbps?/"; exit 0');
  for (const args of [['verify'], ['load'], ['plan'], ['sync']]) {
    const { status, stderr } = host.run(args, { path });
    assert.is(status, 1, `${args}: ${stderr}`);
    assert.match(stderr, /shows the rate or the ceil of class \S+ on \S+ in words .*: tc utility, iproute2/);
  }
  assert.is(kernelState(), before);
  assert.is(host.run(['unload'], { path }).status, 0);
  assert.not.match(sh('tc qdisc show'), 'htb');
});

test('when nft fails at the commit, tc goes back to what it was', () => {
  startAll();
  const before = kernelState();
  host.configure(config.replace('[guest.rob]', '[guest.rob]\nid = 0x99'));
  host.run(['render']);
  const path = host.wrap(
    'nft',
    'case "$*" in "-f "*) echo "Error: no" >&2; exit 1;; *) exec $real "$@";; esac',
  );
  const { status, stderr } = host.run(['load'], { path });
  assert.is(status, 1);
  assert.match(stderr, 'Error: no');
  assert.is(kernelState(), before);
  assert.is(host.run(['load']).status, 0);
  assert.match(kernelState(), 'class htb 1:99');
});

test('a tap that is not there costs its own guest only', () => {
  startAll();
  sh('ip link del dev vnet1');
  const { status, stderr } = host.run(['load']);
  assert.is(status, 0);
  assert.match(stderr, 'what guest rob receives by vnet1 is not shaped: it is not there');
  assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0');
});

test('a missing nft or tc is one clear line, and nothing is changed', () => {
  startAll();
  const before = kernelState();
  for (const [command, packageName] of [
    ['nft', 'nftables'],
    ['tc', 'iproute2'],
  ] as const) {
    const { status, stderr } = without(command, (path) => host.run(['load'], { path }));
    assert.is(status, 1);
    assert.match(stderr, `${command} is not installed`);
    assert.match(stderr, packageName);
    assert.is(stderr.trim().split('\n').length, 2, stderr);
    assert.is(kernelState(), before);
  }
});

/** The sbin folder hidden by copies of what is in it, but for one command. */
function without<T>(command: string, action: (path: string) => T): T {
  const folder = join(host.root, `without-${command}`);
  const others = ['nft', 'tc', 'ip'].filter((name) => name !== command);
  sh(`mkdir -p ${folder} ${folder}-empty; PATH=$PATH:/usr/sbin
      cp ${others.map((name) => `$(command -v ${name})`).join(' ')} ${folder}
      mount --bind ${folder}-empty /usr/sbin`);
  try {
    return action(`${folder}:/usr/bin:/bin`);
  } finally {
    sh('umount /usr/sbin');
  }
}

test.run();
