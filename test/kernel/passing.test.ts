// What every view says of a guest's frames against the frames themselves: whatever of ours is taken away or set down,
// and whatever of others comes between, status, tree, top, explain, verify, metrics and doctor say the same, it is
// true, and the advice works when it is followed.
import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { parseExposition } from '../support/exposition.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, sh } from './host.ts';
import { InsideHost } from './inside.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'ping'));

const config = `
[uplink.eth0]
ceil = "1gbit"
[guest.cliff]
id = 0x10
rate = "1mbit"
ceil = "20mbit"
`;

interface Fault {
  kind: string;
  direction?: 'out' | 'in';
  remedy?: string;
}

interface Row {
  guest: string;
  state: string;
  shaped: { out: boolean; in: boolean };
  faults: Fault[];
}

let host: InsideHost;
test.before.each(async () => {
  host = new InsideHost(config).bridge('br0', 'eth0').tap('vnet0');
  host.write(
    'run/libvirt/qemu/cliff.xml',
    `<domstatus state='running' reason='booted' pid='1'>${domainXml('cliff', { vnet0: 'br0' })}</domstatus>`,
  );
  for (const [name, device, address] of [
    ['guest', 'g-vnet0', '10.9.0.2/24'],
    ['wire', 'w-eth0', '10.9.0.1/24'],
  ]) {
    sh(`ip netns add ${name}; ip link set ${device} netns ${name}
      ip -n ${name} address add ${address} dev ${device}; ip -n ${name} link set ${device} up`);
  }
  await host.must(['sync']);
});
test.after.each(() => {
  sh('sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null || :');
  spawnSync('ip', ['-all', 'netns', 'delete']);
  host.end();
});

/** Packets that a guest's class has sent. */
function packets(device: string, id: string): number {
  const { stdout } = spawnSync('tc', ['-s', 'class', 'show', 'dev', device], { encoding: 'utf8' });
  return Number(stdout.match(new RegExp(`^class htb ${id} .*\\n Sent \\d+ bytes (\\d+) pkt`, 'm'))?.[1] ?? 0);
}

/** Whether what is sent and received meets the guest's classes. What does not arrive at all meets none. */
function truth(): Row['shaped'] {
  const count = () => ({ out: packets('eth0', '1:10'), in: packets('ifb-eth0', '2:10') });
  const before = count();
  // Each side by itself, so that neither waits for the other's answer.
  const count3 = ['-q', '-c', '3', '-i', '0.05', '-W', '0.2'];
  spawnSync('ip', ['netns', 'exec', 'guest', 'ping', ...count3, '10.9.0.1']);
  spawnSync('ip', ['netns', 'exec', 'wire', 'ping', ...count3, '10.9.0.2']);
  const after = count();
  return { out: after.out - before.out >= 3, in: after.in - before.in >= 3 };
}

/** Status' row; all other views must agree with it. */
async function views(): Promise<Row> {
  const look = async (args: string[]) => JSON.parse((await host.do(args)).stdout);
  const find = ({ guests }: { guests: Row[] }) => guests.find(({ guest }) => guest === 'cliff') as Row;
  const row = find(await look(['status', '--json', '--interval', '0']));
  const isShaped = row.shaped.out && row.shaped.in;
  for (const args of [
    ['tree', '--json', '--interval', '0'],
    ['top', '--json', '--interval', '0.1'],
    ['verify', '--json'],
  ]) {
    const { state, shaped, faults } = find(await look(args));
    assert.equal([state, shaped, faults], [row.state, row.shaped, row.faults], args[0]);
  }
  const explained = await look(['explain', 'cliff', '--json']);
  assert.is(explained.state, row.state, 'explain');
  assert.equal(explained.shaping[0].shaped, row.shaped, 'explain');
  const verified = await host.do(['verify']);
  assert.is(verified.status === 0, isShaped, `verify: ${verified.stdout}${verified.stderr}`);
  const metrics = parseExposition((await host.do(['metrics'])).stdout);
  const [sample] = metrics.get('virt_shaper_guest_shaped')?.samples ?? [];
  assert.is(sample?.value, isShaped ? 1 : 0, 'metrics');
  const doctor = await look(['doctor', '--json']);
  const found = doctor.findings.filter(
    ({ check, level }: Record<string, string>) =>
      level === 'problem' && /^(?:passing|root-qdisc|ifb|tap\.ingress)/.test(check ?? ''),
  );
  assert.is(found.length === 0, isShaped, `doctor: ${JSON.stringify(found)}`);
  return row;
}

/** A command out of the advice: what comes after the condition. */
function commandOf({ remedy = '' }: Fault): string {
  return remedy.replace(/^.*if nobody needs it: /, '').replace(/ (?:puts|sets|finds|shapes) .*|, or .*$/, '');
}

async function follow(row: Row): Promise<void> {
  for (const fault of row.faults.slice(0, 1)) {
    for (const command of commandOf(fault).split('; ')) {
      if (command.startsWith('virt-shaper ')) await host.must(command.split(' ').slice(1));
      else sh(command);
    }
  }
}

const all = 'protocol all u32 match u32 0 0';
const nft = (text: string) => `nft -f - <<'N'\n${text}\nN`;
const chain = (table: string, hook: string, rule: string) =>
  nft(`table ${table} {\n chain c {\n type filter hook ${hook}; ${rule};\n }\n}`);

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
    const row = await views();
    assert.equal(row.shaped, { out, in: into }, JSON.stringify(row.faults));
    assert.ok(
      row.faults.some((fault) => fault.kind === kind),
      JSON.stringify(row.faults),
    );
    if (kind === 'rule') sh('nft list tables | grep -v virt-shaper | sed "s/^/delete /" | nft -f -');
    else await follow(row);
    assert.equal(truth(), { out: true, in: true }, `after: ${commandOf(row.faults[0] as Fault)}`);
    assert.is((await views()).state, 'shaped');
  });
}

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
  ['marks of the host', chain('inet t', 'output priority 0', 'meta mark set 7')],
  [
    'kube-proxy',
    `echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables; ${chain('ip t', 'postrouting priority srcnat', 'meta mark & 0x00004000 != 0x00004000 return; meta mark set mark xor 0x4000')}`,
  ],
];

for (const [what, command] of harmless) {
  test(`harmless: ${what}`, async () => {
    sh(command);
    assert.equal(truth(), { out: true, in: true });
    const row = await views();
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
  const row = await views();
  assert.equal([row.state, row.faults.map(({ kind }) => kind)], ['shaped', ['behind']]);
  assert.is((await host.do(['sync'])).stderr.includes('pref 49152'), false, 'once');
});

test('a guest that no load has seen is in every view', async () => {
  host.tap('vnet1');
  const xml = domainXml('rob', { vnet1: 'br0' });
  host.write(
    'run/libvirt/qemu/rob.xml',
    `<domstatus state='running' reason='booted' pid='1'>${xml}</domstatus>`,
  );
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
  const xml = domainXml('rob', { vnet1: 'br0' });
  host.write(
    'run/libvirt/qemu/rob.xml',
    `<domstatus state='running' reason='booted' pid='1'>${xml}</domstatus>`,
  );
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
  assert.match((await host.do(['status'])).stdout, /^the last load failed .*config\.toml:1/m);
  host.configure(config);
  await host.must(['sync']);
  assert.match((await host.do(['metrics'])).stdout, /^virt_shaper_last_load_success 1$/m);
});

test.run();
