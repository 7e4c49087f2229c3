// What takes a guest's frames from ours without taking our place: our own chains as somebody has changed them, queues,
// tables of iptables-legacy, and what goes by way of the host.
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace, needsPackage } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { packets, sh } from './host.ts';
import type { InsideHost } from './inside.ts';
import { all, chain, endHost, makeHost, nft, statusOf, truth, views } from './passing-host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'ping'));

let host: InsideHost;
test.before.each(async () => {
  host = await makeHost();
});
test.after.each(() => {
  sh('sysctl -qw net.ipv4.ip_forward=0');
  endHost(host);
});

const ours = 'bridge virt-shaper';
const cut: [what: string, command: string][] = [
  ["our chain's policy", nft(`chain ${ours} forward { policy drop\n }`)],
  ['a rule in our chain', `nft insert rule ${ours} forward drop`],
];
for (const [what, command] of cut) {
  test(`${what} drops all: nobody is called shaped`, async () => {
    sh(command);
    assert.equal(truth(), { out: false, in: false });
    const row = await views(host);
    assert.equal(row.shaped, { out: false, in: false });
    assert.match(row.faults.map(({ kind }) => kind).join(' '), /^table table$/);
    await host.must(['sync']);
    assert.equal(truth(), { out: true, in: true });
  });
}

test('a table of ours that is dormant leads nowhere', async () => {
  sh(nft(`table ${ours} {\n flags dormant\n }`));
  assert.equal(truth(), { out: false, in: false });
  const row = await views(host);
  assert.equal(row.shaped, { out: false, in: false });
  await host.must(['sync']);
  assert.equal(truth(), { out: true, in: true });
});

test('a queue that somebody has replaced or taken is said; the class is the same', async () => {
  sh('tc qdisc replace dev eth0 parent 1:10 pfifo limit 9; tc qdisc del dev ifb-eth0 parent 2:10');
  assert.equal(truth(), { out: true, in: true });
  const row = await statusOf(host);
  assert.equal(
    [row.state, row.faults.map(({ kind, direction }) => `${kind} ${direction}`)],
    ['shaped', ['changed out', 'changed in']],
  );
  assert.match((await host.do(['status', '--interval', '0'])).stdout, /its queue is pfifo, not \w+/);
  assert.is((await host.do(['verify'])).status, 3);
  await host.must(['sync']);
  assert.equal((await statusOf(host)).faults, []);
});

test('what takes marks on the way through a host that forwards is said by every view', async () => {
  sh(chain('ip t', 'prerouting priority -150', 'meta mark set ct mark'));
  sh('sysctl -qw net.ipv4.ip_forward=1');
  assert.equal(truth(), { out: true, in: true });
  const row = await views(host);
  assert.equal(
    [row.state, row.faults.map(({ kind, direction }) => `${kind} ${direction}`)],
    ['shaped', ['aside out', 'aside in']],
  );
  const says = /chain c of table ip t takes our mark from .*what it sends by way of the host/;
  for (const args of [['status', '--interval', '0'], ['verify'], ['explain', 'cliff']]) {
    assert.match((await host.do(args)).stdout, says, args[0]);
  }
  assert.match(
    (await host.do(['doctor'])).stdout,
    /^ warning +cliff .*by way of\s+the host|by way\s+of the host/m,
  );
});

/**
 * Packets of the guest's class while the host answers ten pings that claim to come from beyond the uplink: those, and now and
 * then one by which the guest looks for neighbours.
 */
function answered(): number {
  const before = packets('eth0', '1:10');
  sh('ip netns exec guest ping -q -c 10 -i 0.05 -W 0.2 -I 10.9.0.7 10.9.0.3 >/dev/null || :');
  return packets('eth0', '1:10') - before;
}

test("what takes the mark of the host's own answers is said, whether or not the host forwards", async () => {
  // To 10.9.0.7, which the guest only claims to be, the host sends by the uplink.
  sh(`ip address add 10.9.0.3/32 dev br0; ip route add 10.9.0.7 dev br0
    ip neighbour add 10.9.0.7 lladdr 52:54:00:6d:90:ff dev br0 nud permanent
    bridge fdb replace 52:54:00:6d:90:ff dev eth0 master static
    sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.br0.rp_filter=0
    ip -n guest address add 10.9.0.7/32 dev g-vnet0
    ip -n guest neighbour add 10.9.0.3 lladdr $(cat /sys/class/net/br0/address) dev g-vnet0 nud permanent`);
  assert.ok(answered() >= 9, 'each answer is a frame of the guest');
  assert.equal((await views(host)).faults, []);
  for (const hook of ['prerouting', 'input', 'output']) {
    sh(chain('ip t', `${hook} priority 0`, 'meta mark set 0x5'));
    assert.ok(answered() <= 3, hook);
    const row = await statusOf(host);
    assert.equal(
      [row.state, row.faults.map(({ kind, direction }) => `${kind} ${direction}`)],
      ['shaped', ['aside out']],
      hook,
    );
    sh('nft delete table ip t');
  }
  sh(chain('ip t', 'output priority 0', 'meta mark set 0x5'));
  const { stdout } = await host.do(['verify']);
  assert.match(
    stdout,
    /chain c of table ip t takes our mark from (?:some of )?what it sends by the host's answers to it/,
  );
  sh('nft delete table ip t');
  assert.ok(answered() >= 9);
  assert.equal((await views(host)).faults, []);
});

test('a setting of ours that somebody has taken back is said, and a sync with nothing else to do sets it', async () => {
  await host.must(['sync']);
  sh('sysctl -qw net.ipv4.fwmark_reflect=0');
  const row = await views(host, 3);
  assert.equal(
    [row.state, row.faults.map(({ kind, direction }) => `${kind} ${direction}`)],
    ['shaped', ['aside out']],
  );
  await host.must(['sync']);
  assert.is(sh('sysctl -n net.ipv4.fwmark_reflect').trim(), '1');
  assert.equal((await views(host)).faults, []);
});

test('ingress shaping of others whose ifb is down lets nothing pass, and is named', async () => {
  assert.equal(truth(), { out: true, in: true });
  sh(`ip link add ifb9 type ifb; tc qdisc add dev eth0 ingress
    tc filter add dev eth0 parent ffff: ${all} action mirred egress redirect dev ifb9`);
  assert.equal(truth(), { out: true, in: false });
  const row = await views(host);
  assert.equal([row.shaped, row.faults.map(({ kind }) => kind)], [{ out: true, in: false }, ['filter']]);
  sh('ip link set ifb9 up');
  assert.equal(truth(), { out: true, in: true });
  assert.equal((await views(host)).faults, []);
});

test('of two chains of one priority, the one that came first has the last word', async () => {
  sh(chain('bridge t', 'forward priority 250', 'meta priority set "7:7"'));
  assert.equal(truth(), { out: true, in: true });
  assert.equal((await views(host)).faults, []);
  await host.must(['unload']);
  await host.must(['sync']);
  assert.equal(truth(), { out: false, in: false });
  const row = await views(host);
  assert.equal(
    [row.shaped, row.faults.map(({ kind }) => kind)],
    [{ out: false, in: false }, ['rule', 'rule']],
  );
});

test('an ifb of ours to which somebody has given another group is ours all the same', async () => {
  sh('ip link set ifb-eth0 group 7');
  assert.equal(truth(), { out: true, in: true });
  const row = await views(host, 3);
  assert.equal([row.state, row.faults], ['shaped', []]);
  assert.match((await host.do(['verify'])).stdout, 'its group is another');
  await host.must(['sync']);
  assert.equal(truth(), { out: true, in: true });
  assert.is((await host.do(['verify'])).status, 0);
});

unless(needsPackage('iptables-legacy', 'iptables'), test)('rules of iptables-legacy are seen', async () => {
  sh('echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables');
  sh('iptables-legacy -t mangle -A POSTROUTING -m mark ! --mark 0x76730000/0xffff0000 -j MARK --set-mark 1');
  assert.equal(truth(), { out: true, in: true });
  assert.equal((await views(host)).faults, [], 'it leaves ours alone');
  sh('iptables-legacy -t mangle -A POSTROUTING -o br0 -j MARK --set-mark 1');
  assert.equal(truth(), { out: true, in: false });
  const row = await views(host);
  assert.equal(row.shaped, { out: true, in: false });
  assert.match(row.faults[0]?.remedy ?? '', /^iptables-legacy -t mangle -S POSTROUTING shows the rule/);
});

test.run();
