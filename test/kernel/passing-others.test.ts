// What others may do beside us without a word about it, guests that no load has seen, and loads that failed before they
// began: every view says of them what is true.
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { sh } from './host.ts';
import type { InsideHost } from './inside.ts';
import { all, chain, config, endHost, makeHost, type Row, truth, views } from './passing-host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'ping'));

let host: InsideHost;
test.before.each(async () => {
  host = await makeHost();
});
test.after.each(() => endHost(host));

/** What others may do, and nobody loses a word about. */
const harmless: [what: string, command: string][] = [
  ['mark before ours', chain('bridge t', 'forward priority -200', 'meta mark set 7 meta priority set "7:7"')],
  ["mark at a tap's ingress", chain('netdev t', 'ingress device vnet0 priority 0', 'meta mark set 7')],
  ['mark of other taps', chain('bridge t', 'postrouting priority 0', 'oifname "vnet7*" meta mark set 7')],
  [
    'other marks only',
    chain('bridge t', 'postrouting priority 0', 'meta mark and 0xffff0000 != 0x76730000 meta mark set 7'),
  ],
  [
    'a bit set and unset',
    chain(
      'bridge t',
      'postrouting priority 0',
      'meta mark set mark or 0x100; meta mark set mark and 0xfffffeff',
    ),
  ],
  [
    'mirror that goes on',
    `tc filter add dev vnet0 egress pref 1 ${all} action mirred egress mirror dev lo continue`,
  ],
  ['ingress mirror', `tc filter add dev vnet0 ingress pref 1 ${all} action mirred egress mirror dev lo`],
  [
    'filter of another mark',
    `tc filter add dev vnet0 egress pref 1 protocol all handle 0x5 bpf bytecode '4,32 0 0 4294963220,21 0 1 5,6 0 0 4294967295,6 0 0 0' action mirred egress mirror dev lo continue`,
  ],
  [
    'mirror on the uplink',
    `tc qdisc add dev eth0 clsact; tc filter add dev eth0 egress pref 1 ${all} action mirred egress mirror dev lo`,
  ],
  [
    'ingress shaping of the uplink',
    `ip link add ifb7 type ifb; ip link set ifb7 up; tc qdisc add dev eth0 ingress; tc filter add dev eth0 parent ffff: ${all} action mirred egress redirect dev ifb7`,
  ],
  ['a firewall', chain('bridge t', 'forward priority 0', 'ether type arp accept; ip protocol udp drop')],
  ['marks of the host', chain('inet t', 'output priority 0', 'meta mark 0 meta mark set 7')],
  [
    'kube-proxy',
    `echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables; ${chain('ip t', 'postrouting priority srcnat', 'meta mark & 0x00004000 != 0x00004000 return; meta mark set mark xor 0x4000')}`,
  ],
];

for (const [what, command] of harmless) {
  test(`harmless: ${what}`, async () => {
    sh(command);
    assert.equal(truth(), { out: true, in: true });
    const row = await views(host);
    assert.equal([row.state, row.faults], ['shaped', []]);
  });
}

test('a filter that our redirect takes frames from is said, and its owner told what to do', async () => {
  await host.must(['unload']);
  sh(
    `tc qdisc add dev vnet0 clsact; tc filter add dev vnet0 egress pref 49152 ${all} action mirred egress mirror dev lo`,
  );
  for (const command of ['render', 'sync']) assert.ok(await host.must([command]));
  await host.must(['unload']);
  const { stderr } = await host.must(['sync']);
  assert.match(stderr, /warning: the filter of others on vnet0 egress, pref 49152 \(u32, mirror to lo\)/);
  const row = await views(host);
  assert.equal([row.state, row.faults.map(({ kind }) => kind)], ['shaped', ['behind']]);
  assert.is((await host.do(['sync'])).stderr.includes('pref 49152'), false, 'once');
});

test('a guest that no load has seen is in every view', async () => {
  host.tap('vnet1');
  host.runs('rob', { vnet1: 'br0' });
  host.configure(`${config}[guest.rob]\n`);
  const rows = async (args: string[]): Promise<Row[]> => JSON.parse((await host.do(args)).stdout).guests;
  for (const args of [
    ['status', '--json', '--interval', '0'],
    ['tree', '--json', '--interval', '0'],
    ['top', '--json', '--interval', '0.1'],
    ['verify', '--json'],
  ]) {
    const rob = (await rows(args)).find(({ guest }) => guest === 'rob');
    assert.equal([rob?.state, rob?.faults[0]?.kind], ['unshaped', 'unknown'], args[0]);
  }
  assert.is((await host.do(['verify'])).status, 3);
  const explained = JSON.parse((await host.do(['explain', 'rob', '--json'])).stdout);
  assert.is(explained.state, 'unshaped');
  assert.match((await host.do(['metrics'])).stdout, /^virt_shaper_guest_shaped\{guest="rob".*\} 0$/m);
  assert.match((await host.do(['doctor'])).stdout, /^ problem +rob /m);
  await host.must(['sync']);
  assert.is((await host.do(['verify'])).status, 0);
  host.configure(config);
});

test('a guest that the configuration leaves out is no alarm before a sync either', async () => {
  host.tap('vnet1');
  host.runs('rob', { vnet1: 'br0' });
  const { guests } = JSON.parse((await host.do(['status', '--json'])).stdout) as { guests: Row[] };
  assert.is(guests.find(({ guest }) => guest === 'rob')?.state, 'left out');
  assert.is((await host.do(['verify'])).status, 0);
});

test('a failure before the load is counted, and shown until a load succeeds', async () => {
  host.configure('[guest.cliff\n');
  assert.is((await host.do(['sync'])).status, 2);
  const failed = await host.do(['metrics']);
  assert.match(failed.stdout, /^virt_shaper_load_failures_total 1$/m);
  assert.match(failed.stdout, /^virt_shaper_last_load_success 0$/m);
  const { stdout } = await host.do(['status']);
  assert.match(stdout, /^the configuration cannot be used: .*config\.toml:1:13: /m, 'which is why it failed');
  host.configure(config);
  await host.must(['sync']);
  assert.match((await host.do(['metrics'])).stdout, /^virt_shaper_last_load_success 1$/m);
});

test.run();
