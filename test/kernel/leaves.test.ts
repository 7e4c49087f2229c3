// Every queue that the configuration can ask for, on whatever kernel runs: it is read back as what it was told,
// and a change of its parameters loses none of the packets that wait in it where the kernel can do that.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type LeafKind, leafKinds } from '../../src/config/leaf.ts';
import { changeStep } from '../../src/diff/steps.ts';
import { chooseKernel, readLacking } from '../../src/host/kernel.ts';
import type { TcObject } from '../../src/kernel/objects.ts';
import { parseTcLine } from '../../src/kernel/tc/line.ts';
import { fromQdisc } from '../../src/kernel/tc/output.ts';
import { tcLine } from '../../src/kernel/tc/print.ts';
import { differingOptions, isFixed } from '../../src/kernel/tc/values.ts';
import { leafOf } from '../fuzz/leaf.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { generateFor, makeWorld } from '../support/world.ts';
import { sh, TestHost } from './host.ts';

const needs = needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'bash');
const lacking = needs === undefined ? chooseKernel(await readLacking()).lacking : [];
const onKernelWith = (kind: LeafKind) =>
  unless(needs ?? (lacking?.includes(kind) ? `this kernel has no sch_${kind}` : undefined));

const test = unless(needs);
const size = 40;

/** The leaves of so many guests, as lines of shape.tc for `lo`. */
function render(leaves: string[]): string[] {
  const guests = leaves.map((leaf, at) => `[guest.g${at}]\nid = ${16 + at}\nleaf = ${leaf}\n`);
  const taps = Object.fromEntries(leaves.map((_, at) => [`g${at}`, `vnet${at}@br0`]));
  const world = makeWorld(`[defaults]\nrate = "1mbit"\n${guests.join('')}`, taps);
  return generateFor(world)
    .rules['shape.tc'].split('\n')
    .filter((line) => / parent 1:[0-9a-f]+ handle /.test(line) && line.includes('# guest'))
    .map((line) => line.replace(/ *#.*/, '').trim().replace(' dev eth0 ', ' dev lo '));
}

function wantedOf(line: string): TcObject {
  const wanted = parseTcLine(line);
  if (typeof wanted === 'string') throw new Error(`${wanted}: ${line}`);
  return wanted;
}

function held(): Map<string, TcObject> {
  const list = JSON.parse(sh('tc -j qdisc show dev lo'));
  return new Map(
    // tc leaves the device out when it is asked for one.
    list
      .map((qdisc: object) => fromQdisc({ dev: 'lo', ...qdisc } as Parameters<typeof fromQdisc>[0]))
      .map((object: TcObject) => [object.key, object]),
  );
}

function mustHold(lines: string[]): Map<string, TcObject> {
  const now = held();
  for (const line of lines) {
    const found = now.get(wantedOf(line).key);
    assert.ok(found, line);
    if (found) assert.equal(differingOptions(wantedOf(line), found), [], `${line}\n${tcLine('add', found)}`);
  }
  return now;
}

for (const kind of leafKinds) {
  onKernelWith(kind)(`any ${kind} is read back as what it was told, changed or not`, () => {
    const leaves = fc.array(leafOf(kind), { minLength: size, maxLength: size });
    fc.assert(
      fc.property(leaves, leaves, (before, after) => {
        sh('tc qdisc add dev lo root handle 1: htb r2q 30323');
        try {
          const classes = before.map(
            (_, at) =>
              `class add dev lo parent 1: classid 1:${(16 + at).toString(16)} htb rate 1mbit quantum 1514`,
          );
          const [first, second] = [render(before), render(after)];
          sh('tc -batch -', `${[...classes, ...first].join('\n')}\n`);
          const now = mustHold(first);
          const steps = second.flatMap((line) => {
            const wanted = wantedOf(line);
            const old = now.get(wanted.key);
            const options = old ? differingOptions(wanted, old) : [];
            const anew = options.some((option) => isFixed(kind, option));
            return anew ? [`qdisc del dev lo parent ${wanted.id}`, line] : [changeStep(wanted).line];
          });
          if (kind !== 'sfq') sh('tc -batch -', `${steps.join('\n')}\n`);
          else sh('tc -batch -', `${steps.filter((line) => !line.includes(' change ')).join('\n')}\n`);
          const changed = mustHold(second);
          // The line of what is held is the way back of a load that failed.
          const lines = [...changed.values()]
            .filter((object) => object.kind === 'leaf')
            .map((object) => tcLine('add', object));
          const gone = second.map((line) => `qdisc del dev lo parent ${wantedOf(line).id}`);
          sh('tc -batch -', `${[...gone, ...lines].join('\n')}\n`);
          mustHold(lines);
        } finally {
          sh('tc qdisc del dev lo root');
        }
      }),
      { numRuns: 5 },
    );
  });
}

interface Waiting {
  packets: number;
  drops: number;
  /** Of the class: it is the same one as long as it does not begin anew. */
  sent: number;
}

/** What waits in the class of all that is not marked, and what it has lost. */
function waiting(): Waiting {
  const [, drops] = sh('tc -s qdisc show dev eth0 parent 1:333').match(/dropped (\d+)/) ?? [];
  // Both figures of one answer: between two a packet could be counted twice.
  const [, sent, packets] =
    sh('tc -s class show dev eth0 classid 1:333').match(
      /Sent \d+ bytes (\d+) pkt[\s\S]*backlog \S+ (\d+)p/,
    ) ?? [];
  return { packets: Number(packets), drops: Number(drops), sent: Number(sent) };
}

const slow = (leaf: string) =>
  `[uplink.eth0.unmarked]\nid = 0x333\nrate = "8kbit"\nceil = "8kbit"\nleaf = ${leaf}\n[guest.cliff]\n`;

/** 40 datagrams to somebody on the wire, which the class lets through at one a second. */
function fill(): void {
  sh(`ip addr add 10.9.8.1/24 dev br0; ip neigh replace 10.9.8.2 lladdr 02:00:00:00:00:02 dev br0
      bash -c 'for i in $(seq 40); do head -c 1000 /dev/zero > /dev/udp/10.9.8.2/9; done'`);
}

const changes: [kind: LeafKind, before: string, after: string][] = [
  ['bfifo', '{ kind = "bfifo", limit = "200k" }', '{ kind = "bfifo", limit = "300k" }'],
  [
    'fq_codel',
    '{ kind = "fq_codel", target = "9s", interval = "90s" }',
    '{ kind = "fq_codel", target = "8s", interval = "80s", limit = 900, ecn = false, memory_limit = "8mb" }',
  ],
  [
    'cake',
    '{ kind = "cake", rtt = "90s" }',
    '{ kind = "cake", rtt = "80s", nat = true, isolation = "hosts" }',
  ],
];

for (const [kind, before, after] of changes) {
  onKernelWith(kind)(`what waits in a ${kind} waits on while it is changed`, () => {
    const host = new TestHost(slow(before)).bridge('br0', 'eth0').tap('vnet0');
    try {
      assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
      fill();
      const full = waiting();
      assert.ok(full.packets > 25, JSON.stringify(full));
      host.configure(slow(after));
      assert.is(host.run(['--quiet', 'sync']).stderr, '');
      const still = waiting();
      assert.is(still.drops, full.drops);
      assert.ok(still.packets + still.sent >= full.packets + full.sent, JSON.stringify({ full, still }));
      assert.is(host.run(['verify']).status, 0);
      host.configure(slow('"bfifo"'));
      assert.is(host.run(['sync']).status, 0);
      assert.ok(waiting().sent >= still.sent, 'the class is the same');
      assert.is(host.run(['verify']).status, 0);
    } finally {
      host.end();
    }
  });
}

onKernelWith('sfq')('an sfq is made anew, and its class is not', () => {
  const host = new TestHost(slow('{ kind = "sfq", limit = 100 }')).bridge('br0', 'eth0').tap('vnet0');
  try {
    assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
    fill();
    const { sent } = waiting();
    assert.ok(sent > 0);
    host.configure(slow('{ kind = "sfq", limit = 200, perturb = "10s" }'));
    assert.is(host.run(['--quiet', 'sync']).stderr, '');
    assert.ok(waiting().sent >= sent);
    assert.is(host.run(['verify']).status, 0);
  } finally {
    host.end();
  }
});

test('a leaf that the kernel has not is replaced by one it has, with a warning', () => {
  const host = new TestHost('[guest.cliff]\nleaf = "cake"\n').bridge('br0', 'eth0').tap('vnet0');
  try {
    const release = sh('uname -r').trim();
    host.write(
      'run/virt-shaper/kernel.json',
      JSON.stringify({ release, leaf: 'bfifo', redirect: 'bpf', lacking: ['fq_codel', 'cake', 'sfq'] }),
    );
    const { status, stderr } = host.hook('cliff', 'start', { vnet0: 'br0' });
    assert.is(status, 0, stderr);
    assert.match(stderr, 'guest cliff: this kernel has no sch_cake, so the leaf is bfifo instead of cake');
    assert.match(sh('tc qdisc show dev eth0'), /qdisc bfifo/);
    assert.is(host.run(['verify']).status, 0);
    assert.match(host.run(['explain', 'cliff']).stdout, /config.toml:2:8 says cake/);
    // What an older version has kept says nothing of cake: it is found out anew.
    host.write('run/virt-shaper/kernel.json', JSON.stringify({ release, leaf: 'bfifo', redirect: 'bpf' }));
    assert.is(host.run(['render']).status, 0);
    assert.equal(JSON.parse(host.read('run/virt-shaper/kernel.json')).lacking, lacking);
  } finally {
    host.end();
  }
});

test.run();
