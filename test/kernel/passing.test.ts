// What every view says of a guest's frames against the frames themselves: whatever of ours is taken away or set down,
// and whatever of others comes between, status, tree, top, explain, verify, metrics and doctor say the same, it is
// true, and the advice works when it is followed.
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { sh } from './host.ts';
import type { InsideHost } from './inside.ts';
import {
  all,
  chain,
  commandOf,
  endHost,
  type Fault,
  follow,
  makeHost,
  nft,
  statusOf,
  truth,
  views,
} from './passing-host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'ping'));

let host: InsideHost;
test.before.each(async () => {
  host = await makeHost();
});
test.after.each(() => endHost(host));

/** What is done, what it comes to in each direction, and by which kind it is named. */
const cases: [what: string, command: string, out: boolean, into: boolean, kind: string][] = [
  ['ifb down', 'ip link set ifb-eth0 down', true, false, 'ifb'],
  ['ifb gone', 'ip link del ifb-eth0', true, false, 'ifb'],
  [
    'ifb of others',
    'ip link del ifb-eth0; ip link add ifb-eth0 type ifb; ip link set ifb-eth0 up',
    true,
    false,
    'ifb',
  ],
  ['clsact gone', 'tc qdisc del dev vnet0 clsact', true, false, 'redirect'],
  ['filter gone', 'tc filter del dev vnet0 egress', true, false, 'redirect'],
  ['root of others', 'tc qdisc del dev eth0 root; tc qdisc add dev eth0 root pfifo', false, true, 'root'],
  [
    'HTB of others',
    'tc qdisc del dev eth0 root; tc qdisc add dev eth0 root handle 1: htb default 30',
    false,
    true,
    'root',
  ],
  [
    'root of others on the ifb',
    'tc qdisc del dev ifb-eth0 root; tc qdisc add dev ifb-eth0 root pfifo',
    true,
    false,
    'root',
  ],
  ['root gone', 'tc qdisc del dev eth0 root', false, true, 'class'],
  ['ruleset flushed', 'nft flush ruleset', false, false, 'table'],
  ['table dormant', nft('table bridge virt-shaper { flags dormant; }'), false, false, 'table'],
  ['chain emptied', 'nft flush chain bridge virt-shaper forward', false, false, 'table'],
  [
    'their rule in our chain',
    'nft insert rule bridge virt-shaper forward iifname vnet0 accept',
    false,
    true,
    'table',
  ],
  [
    'mirror first',
    `tc filter add dev vnet0 egress pref 1 ${all} action mirred egress mirror dev lo`,
    true,
    false,
    'filter',
  ],
  ['verdict first', `tc filter add dev vnet0 egress pref 1 ${all} flowid 7:7`, true, false, 'filter'],
  [
    'redirect on the uplink',
    `tc qdisc add dev eth0 clsact; tc filter add dev eth0 egress pref 1 ${all} action mirred egress redirect dev lo`,
    false,
    true,
    'filter',
  ],
  ['mark after ours', chain('bridge t', 'forward priority 300', 'meta mark set 7'), true, false, 'rule'],
  [
    'priority after ours',
    chain('bridge t', 'postrouting priority 0', 'meta priority set "7:7"'),
    false,
    false,
    'rule',
  ],
  [
    'mark after ours, of a set of taps',
    nft(
      'table bridge t {\n set s { type ifname; elements = { "vnet0", "vnet9" }; }\n chain c {\n type filter hook postrouting priority 0; oifname @s meta mark set mark or 0x100;\n }\n}',
    ),
    true,
    false,
    'rule',
  ],
  [
    'mark by a jump',
    nft(
      'table bridge t {\n chain d {\n meta mark set 7\n }\n chain c {\n type filter hook postrouting priority 0; oifname vmap { "vnet0" : jump d }\n }\n}',
    ),
    true,
    false,
    'rule',
  ],
  [
    "mark at the tap's egress",
    chain('netdev t', 'egress device vnet0 priority 0', 'meta mark set 7'),
    true,
    false,
    'rule',
  ],
  [
    "priority at the uplink's egress",
    chain('netdev t', 'egress device eth0 priority 0', 'meta priority set "7:7"'),
    false,
    true,
    'rule',
  ],
  [
    'led away at its ingress',
    chain('netdev t', 'ingress device vnet0 priority 0', 'fwd to "lo"'),
    false,
    true,
    'rule',
  ],
  [
    'mark by br_netfilter',
    `echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables; ${chain('ip t', 'postrouting priority mangle', 'meta mark set 7')}`,
    true,
    false,
    'rule',
  ],
  [
    'mark by br_netfilter of one bridge',
    `echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables; ip link set br0 type bridge nf_call_iptables 1
    ${chain('ip t', 'postrouting priority mangle', 'meta mark set 7')}`,
    true,
    false,
    'rule',
  ],
  ['uplink down', 'ip link set eth0 down', false, false, 'down'],
  ['tap down', 'ip link set vnet0 down', false, false, 'down'],
  ['bridge down', 'ip link set br0 down', false, false, 'down'],
  ['uplink out of the bridge', 'ip link set eth0 nomaster', false, false, 'uplink-moved'],
];

for (const [what, command, out, into, kind] of cases) {
  test(what, async () => {
    assert.equal(truth(), { out: true, in: true });
    sh(command);
    assert.equal(truth(), { out, in: into }, 'what happens to frames');
    const row = await views(host);
    assert.equal(row.shaped, { out, in: into }, JSON.stringify(row.faults));
    assert.ok(
      row.faults.some((fault) => fault.kind === kind),
      JSON.stringify(row.faults),
    );
    if (kind === 'rule') sh('nft list tables | grep -v virt-shaper | sed "s/^/delete /" | nft -f -');
    else await follow(host, row);
    // A carrier comes a moment after its device.
    for (let tries = 0; tries < 20 && !(truth().out && truth().in); tries += 1) sh('sleep 0.1');
    assert.equal(truth(), { out: true, in: true }, `after: ${commandOf(row.faults[0] as Fault)}`);
    assert.is((await statusOf(host)).state, 'shaped');
  });
}

test.run();
