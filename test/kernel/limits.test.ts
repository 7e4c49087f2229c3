// local, pps and storm with real frames: what arrives, what is counted, and that guests come and go beside them by the
// short way. A sender that is faster than its limit shows what the limit is.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/doctor/finding.ts';
import { Wrapper } from '../faults/wrapper.ts';
import { parseExposition } from '../support/exposition.ts';
import { named } from '../support/findings.ts';
import { slowness } from '../support/patience.ts';
import { sh, TestHost } from './host.ts';
import { kernelTest } from './kernel-test.ts';

/** Frames per second, bits per second, frames per second: less where senders reach less. */
const [pps, local, storm] = [1000 / slowness, 8e6 / slowness, 200];
const config = `
[uplink.eth0]
ceil = "1gbit"
[group.small]
ceil = "1gbit"
pps = ${pps}
[guest.few]
group = "small"
ceil = "1gbit"
[guest.near]
ceil = "1gbit"
local = ${local}
storm = ${storm}
[guest."*"]
ceil = "1gbit"
`;

const ends = [
  ['few', 'vnet0'],
  ['near', 'vnet1'],
  ['other', 'vnet2'],
] as const;

const { test, host } = kernelTest<LimitsHost>({
  config,
  taps: [],
  needs: ['ping'],
  make: (text) => new LimitsHost(text),
  begin: (made) => made.begin(),
});

/** Each guest and the outside are namespaces: few .10, near .11, other .12, the host .1, the outside .254. */
class LimitsHost extends TestHost {
  readonly wrapper = new Wrapper(this.root);

  begin(): void {
    sh('ip address add 10.9.0.1/24 dev br0');
    this.inside('wire', 'w-eth0', 254);
    for (const [at, [name, tap]] of ends.entries()) {
      this.tap(tap);
      this.inside(name, `g-${tap}`, 10 + at);
      this.startGuest(name, tap);
    }
  }

  inside(name: string, device: string, last: number): void {
    sh(`ip netns add ${name}; ip link set ${device} netns ${name}; ip -n ${name} link set ${device} name e0
      ip -n ${name} link set e0 address ${mac(last)} up; ip -n ${name} address add 10.9.0.${last}/24 dev e0`);
  }

  startGuest(name: string, tap: string, path = process.env.PATH ?? '', end = '</interface>'): void {
    const last = 10 + Number(tap.slice(-1));
    const xml = `<domain id='1'><name>${name}</name><devices><interface type='bridge'><mac address='${mac(last)}'/>
      <source bridge='br0'/><target dev='${tap}'/>${end}</devices></domain>`;
    const { status, stderr } = this.run(['hook', 'qemu', name, 'start', 'begin', '-'], { input: xml, path });
    assert.is(status, 0, stderr);
  }

  override end(): void {
    spawnSync('ip', ['-all', 'netns', 'delete']);
    super.end();
  }
}

function mac(last: number): string {
  return `52:54:00:6d:90:${last.toString(16).padStart(2, '0')}`;
}

/** UDP as fast as it goes, from a process of its own. @param size of the whole frame */
function flood(guest: string, address: string, size: number): ChildProcess {
  const program = `
    const socket = require('node:dgram').createSocket('udp4');
    const text = Buffer.alloc(${size - 42});
    socket.bind(() => {
      socket.setBroadcast(true);
      const more = () => {
        for (let at = 0; at < 64; at += 1) socket.send(text, 9, '${address}', at === 63 ? () => setImmediate(more) : () => {});
      };
      more();
    });`;
  return spawn('ip', ['netns', 'exec', guest, process.execPath, '-e', program], { stdio: 'ignore' });
}

/** Seconds. */
const countedFor = 1.5 * slowness;

/** Frames per second that arrive once its bucket should be empty. */
async function measure(flooding: ChildProcess, frames: () => number): Promise<number> {
  try {
    // A busy machine takes its time until anything is sent.
    for (const start = frames(); frames() < start + 10; ) await pause(50);
    await pause(1800);
    const [began, before] = [performance.now(), frames()];
    await pause(countedFor * 1000);
    return ((frames() - before) * 1000) / (performance.now() - began);
  } finally {
    flooding.kill('SIGKILL');
  }
}

/** By a device of the host, without a process: what one takes to start would count as time. */
const sent = (device: string) => () =>
  Number(readFileSync(`/sys/class/net/${device}/statistics/tx_packets`, 'utf8'));

/** Datagrams that the host's own network has taken. */
function taken(): number {
  const [names = '', figures = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'));
  const at = (word: string) => Number(figures.split(' ')[names.split(' ').indexOf(word)]);
  return at('InDatagrams') + at('NoPorts');
}

/**
 * A machine with other work gives less than the limit now and then. It gives more where the sender got no CPU before the count
 * began, so that its bucket was full again: no more than that, ever.
 * @param bucket frames
 */
async function near(once: () => Promise<number>, limit: number, bucket: number): Promise<void> {
  const most = limit * 1.03 + bucket / countedFor;
  const seen: number[] = [];
  const isNear = () => (seen.at(-1) ?? 0) >= limit * 0.8 && (seen.at(-1) ?? 0) <= limit * 1.03;
  do {
    seen.push(await once());
    assert.ok((seen.at(-1) ?? 0) <= most, `${seen.join(', then ')} of ${limit}, at most ${most}`);
  } while (seen.length < 4 && !isNear());
  assert.ok(isNear(), `${seen.join(', then ')} of ${limit}`);
}

function droppedOf(guest: string): Record<string, number> {
  const { limits } = JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout) as {
    limits: { guest: string; limit: string; dropped: { packets: number } }[];
  };
  return Object.fromEntries(
    limits.filter((one) => one.guest === guest).map(({ limit, dropped }) => [limit, dropped.packets]),
  );
}

test('pps: frames of 60 bytes to the outside', async () => {
  await near(() => measure(flood('few', '10.9.0.254', 60), sent('eth0')), pps, pps / 50);
  assert.ok((droppedOf('few').pps ?? 0) > pps / 5);
  assert.match(
    host.run(['status', '--interval', '0']).stdout,
    new RegExp(`few: pps ${pps} packets/s, dropped `),
  );
  const explained = host.run(['explain', 'few']).stdout;
  assert.match(explained, new RegExp(`pps +out +${pps} packets/s +config\\.toml:6:7, its group`));
  const families = parseExposition(host.run(['metrics']).stdout);
  const dropped = families.get('virt_shaper_local_dropped_packets_total')?.samples ?? [];
  assert.ok(
    dropped.some(({ labels, value }) => labels.guest === 'few' && labels.limit === 'pps' && value > pps / 5),
  );
});

test('local: to a neighbour, and to the host; not to the outside', async () => {
  const frames = local / 8 / 1400; // A frame of 1414 bytes counts 1400, and the bucket holds a second of them.
  await near(() => measure(flood('near', '10.9.0.12', 1414), sent('vnet2')), frames, frames);
  await near(() => measure(flood('near', '10.9.0.1', 1414), taken), frames, frames);
  const out = await measure(flood('near', '10.9.0.254', 1414), sent('eth0'));
  assert.ok(out > 3 * frames, `${out} to the outside`);
  assert.ok((droppedOf('near').local ?? 0) > 100);
});

test('storm: broadcast to all, and frames to nobody who is there', async () => {
  await near(() => measure(flood('near', '10.9.0.255', 60), sent('vnet2')), storm, 10);
  const some = await measure(flood('other', '10.9.0.255', 60), sent('vnet1'));
  assert.ok(some > 5 * storm, `${some} from who has no limit`);
  sh('ip -n near neighbour add 10.9.0.77 lladdr 52:54:00:99:99:99 dev e0');
  const [few, other] = [sent('vnet0'), sent('vnet2')];
  await near(() => measure(flood('near', '10.9.0.77', 60), () => few() + other()), storm, 10);
});

test('a guest with limits comes and goes by the short way, and the others keep their counts', async () => {
  await measure(flood('few', '10.9.0.254', 60), sent('eth0'));
  const before = droppedOf('few').pps ?? 0;
  assert.ok(before > 0);
  host.tap('vnet3');
  host.configure(
    config.replace('[guest."*"]', '[guest.late]\nlocal = "1mbit"\npps = 10\nstorm = "1mbit"\n[guest."*"]'),
  );
  assert.is(host.run(['load']).status, 0);
  host.wrapper.plan('none');
  host.startGuest('late', 'vnet3', `${host.wrapper.folder}:${process.env.PATH}`);
  const calls = host.wrapper.calls().map(({ tool, args }) => `${tool} ${args.replace(/ \S*\//g, ' ')}`);
  assert.is(calls.join('; '), 'tc -d -batch stage.tc; nft -f commit.nft');
  assert.is(host.run(['verify']).status, 0);
  assert.ok((droppedOf('few').pps ?? 0) >= before);
  sh('ip link del vnet3');
  assert.is(host.hook('late', 'stopped').status, 0);
  assert.is(host.run(['verify']).status, 0);
  assert.match(host.run(['sync']).stderr, 'nothing to do');
  assert.not.match(sh('nft list table bridge virt-shaper'), 'late');
});

test('every view has a guest with limits as shaped', () => {
  for (const args of [
    ['status', '--json'],
    ['top', '--json', '--interval', '0.1'],
    ['tree', '--json'],
  ]) {
    const { guests } = JSON.parse(host.run(args).stdout) as { guests: { guest: string; state: string }[] };
    assert.equal([...new Set(guests.map(({ state }) => state))], ['shaped'], args.join(' '));
  }
});

test('somebody who changes a limit is found', () => {
  sh(
    'nft flush chain bridge virt-shaper limit-$(nft list map bridge virt-shaper entering | sed -n "/vnet0/s/.*goto limit-\\([0-9a-f]*\\).*/\\1/p")',
  );
  assert.is(host.run(['verify']).status, 3);
  assert.is(host.run(['load']).status, 0);
  const { status, stdout, stderr } = host.run(['verify']);
  assert.is(status, 0, stdout + stderr + sh('nft -s list table bridge virt-shaper'));
});

test('doctor and status name who may forge addresses, which is no warning', () => {
  const { findings } = JSON.parse(host.run(['doctor', '--json']).stdout) as { findings: Finding[] };
  const { level, detail } = named(findings, 'guest.forge');
  assert.is(
    `${level}: ${detail}`,
    'ok: may forge addresses, and send neighbours what they like, as any guest without local or clean-traffic: few, other',
  );
  const status = (...args: string[]) => host.run(['status', '--interval', '0', ...args]).stdout;
  assert.match(status(), /\nno fault: may forge addresses, .*: few, other \(virt-shaper doctor\)\n$/);
  assert.is(host.run(['status', '--interval', '0']).status, 0);
  assert.not.match(status('near'), 'forge');
  assert.equal(JSON.parse(status('--json')).mayForge, ['few', 'other']);
  const filtered = "<filterref filter='clean-traffic'/></interface>";
  host.startGuest('few', 'vnet0', undefined, filtered);
  assert.equal(JSON.parse(status('--json')).mayForge, ['other']);
});

test.run();
