// Reloads under traffic. A guest sends and receives UDP at 80 % of its ceil while other guests' rates change:
// not a packet is lost, no counter starts anew, and nobody exceeds a ceil by more than his burst. Then that guest
// itself changes group: at most what was in its queue is lost.
// VIRT_SHAPER_FULL=1 reloads 100 times, npm test 10 times.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { Namespaces } from '../support/netns.ts';
import { unless } from '../support/skip.ts';
import { type Host, makeHost } from './host.ts';
import type { Station } from './iperf.ts';
import { type Libvirt, runVirtShaper, startGuest } from './libvirt.ts';
import { mbit, type policy, toToml, udpLength } from './policy.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'ping'));

const reloads = process.env.VIRT_SHAPER_FULL === '1' ? 100 : 10;
/** cliff is watched, rob sends all he can, the others are there to be changed. */
const plan: typeof policy = {
  bridge: 'br0',
  uplink: { name: 'eth0', ceil: 1000 * mbit },
  groups: { friends: { ceil: 60 * mbit }, web: { ceil: 60 * mbit } },
  guests: [
    { name: 'cliff', group: 'friends', rate: 15 * mbit, ceil: 20 * mbit },
    { name: 'rob', group: 'web', rate: 5 * mbit, ceil: 10 * mbit },
    { name: 'jason', group: 'friends', rate: 10 * mbit, ceil: 30 * mbit },
    { name: 'mia', group: 'web', rate: 10 * mbit, ceil: 30 * mbit },
    { name: 'ann', rate: 10 * mbit, ceil: 30 * mbit },
  ],
};

let spaces: Namespaces;
let host: Host;
let libvirt: Libvirt;

test.before(async () => {
  spaces = new Namespaces();
  host = await makeHost(spaces, 'reload-', plan);
  const root = mkdtempSync(join(tmpdir(), 'virt-shaper-reload-'));
  libvirt = { host, bridge: plan.bridge, root };
  configure(plan);
  for (const guest of host.guests) await startGuest(libvirt, guest);
});
test.after(() => {
  spaces.remove();
  rmSync(libvirt.root, { recursive: true });
});

function configure(to: typeof policy): void {
  mkdirSync(join(libvirt.root, 'etc/virt-shaper'), { recursive: true });
  writeFileSync(join(libvirt.root, 'etc/virt-shaper/config.toml'), toToml(to));
}

async function reload(to: typeof policy): Promise<void> {
  configure(to);
  await runVirtShaper(libvirt, ['render', '--quiet']);
  await runVirtShaper(libvirt, ['load', '--quiet']);
}

/** The others' values, different at each reload. */
function changed(turn: number): typeof policy {
  return {
    ...plan,
    guests: plan.guests.map((guest, index) =>
      index < 2
        ? guest
        : {
            ...guest,
            rate: (4 + ((turn + index) % 7)) * mbit,
            ceil: (20 + ((turn * 3 + index) % 11)) * mbit,
          },
    ),
  };
}

test(`${reloads} reloads: no packet lost, no counter reset, no ceil exceeded`, async () => {
  const flows = await startFlows(['out', 'in', 'flood']);
  await delay(300);
  const meter = startMeter();
  const began = performance.now();
  for (let turn = 1; turn <= reloads; turn += 1) await reload(changed(turn));
  const seconds = (performance.now() - began) / 1000;
  const { samples, resets, exceeded, flooded } = await meter.end();
  const [out, into] = await Promise.all(flows.map((flow) => flow.end()));
  if (!out || !into) throw new Error('no flows');
  console.log(
    `${reloads} reloads in ${seconds.toFixed(1)} s: ${out.packets} packets out, ${out.lost} lost, ${into.packets} in, ` +
      `${into.lost} lost; ${samples} looks at the classes, ${resets.length} counters reset; rob at ${flooded.toFixed(3)} of his ceil`,
  );
  assert.ok(out.packets > 1000 && into.packets > 1000, 'there is traffic');
  assert.equal([out.lost, into.lost], [0, 0]);
  assert.equal(resets, []);
  assert.equal(exceeded, []);
  assert.ok(flooded > 0.9, 'who sends all he can reaches his ceil');
});

test('a guest that changes group under traffic loses at most its queue', async () => {
  const lost: number[] = [];
  for (const group of ['web', 'friends', 'web', undefined, 'friends']) {
    const flows = await startFlows(['out', 'in']);
    await delay(300);
    await reload({
      ...plan,
      guests: plan.guests.map(({ group: own, ...guest }) => {
        const of = guest.name === 'cliff' ? group : own;
        return of ? { ...guest, group: of } : guest;
      }),
    });
    await delay(300);
    for (const flow of flows) lost.push((await flow.end()).lost);
  }
  // A bfifo of 35 ms of the ceil, but never below 32 KiB (plan/arithmetic.ts).
  const queue = Math.ceil(Math.max(32_768, ((plan.guests[0]?.ceil ?? 0) * 0.035) / 8) / (udpLength + 42));
  console.log(`packets lost at a change of group, out and in: ${lost.join(' ')} (its queue holds ${queue})`);
  assert.ok(
    lost.every((count) => count <= queue),
    lost.join(' '),
  );
});

type FlowName = 'out' | 'in' | 'flood';

interface Flow {
  /** Stops the sender. @returns what its kernel sent and what the other's did not get */
  end: () => Promise<{ packets: number; lost: number }>;
}

/** cliff out and in at 80 % of its ceil, and rob out at four times his. */
async function startFlows(names: FlowName[]): Promise<Flow[]> {
  const [cliff, rob] = host.guests;
  if (!cliff || !rob) throw new Error('no guests');
  const { outside } = host;
  const ways = {
    out: { from: cliff, to: outside, rate: cliff.ceil * 0.8, port: 5301 },
    in: { from: outside, to: cliff, rate: cliff.ceil * 0.8, port: 5302 },
    flood: { from: rob, to: outside, rate: rob.ceil * 4, port: 5303 },
  };
  return Promise.all(names.map((name) => startFlow(ways[name])));
}

/**
 * Both ends are counted by their kernels, so that neither a late process nor a full socket looks like loss.
 * A sender that comes late leaves out what it missed: a burst of it would not fit the queue.
 */
const sender = `
const [address, port, rate, length] = process.argv.slice(1);
const socket = require('dgram').createSocket('udp4');
const packet = Buffer.alloc(Number(length));
const every = (Number(length) + 42) * 8e3 / Number(rate);
let due = performance.now();
setInterval(() => {
  due = Math.max(due, performance.now() - 8 * every);
  for (; due < performance.now(); due += every) socket.send(packet, Number(port), address);
}, 2);
`;

interface Way {
  from: Station;
  to: Station;
  rate: number;
  port: number;
}

async function startFlow({ from, to, rate, port }: Way): Promise<Flow> {
  // A neighbour that is not known yet costs the first packets.
  await from.space.run('ping', ['-c', '1', '-W', '2', to.address[4]]);
  const table = `flow${port}`;
  const counter = (hook: string, verdict: string) => `table inet ${table} {}
    delete table inet ${table}
    table inet ${table} { chain c { type filter hook ${hook} priority 0; udp dport ${port} counter ${verdict}
    }
    }`;
  await to.space.run('nft', ['-f', '-'], { input: counter('input', 'drop') });
  await from.space.run('nft', ['-f', '-'], { input: counter('postrouting', 'accept') });
  const count = async ({ space }: Station) =>
    Number(/counter packets (\d+)/.exec(await space.run('nft', ['list', 'table', 'inet', table]))?.[1]);
  const args = [to.address[4], `${port}`, `${rate}`, `${udpLength}`];
  const running = from.space.start(process.execPath, ['-e', sender, ...args], { timeout: 800_000 });
  return {
    end: async () => {
      running.kill();
      await running.ended;
      await delay(300);
      const [packets, got] = await Promise.all([count(from), count(to)]);
      return { packets, lost: packets - got };
    },
  };
}

interface Sample {
  /** Milliseconds: the counter was read between them. */
  after: number;
  before: number;
  bytes: number;
}

/** Looks at the classes' counters again and again. */
function startMeter() {
  const [, device = '', id = ''] =
    /^ *class add dev (\S+) parent \S+ classid (1:\S+) .*# guest rob\b/m.exec(
      readFileSync(join(libvirt.root, 'rules.d/shape.tc'), 'utf8'),
    ) ?? [];
  const last = new Map<string, number>();
  const resets: string[] = [];
  const rob: Sample[] = [];
  let cburst = 0;
  let running = true;
  const look = async (of: string) => {
    const after = performance.now();
    const text = await host.space.run('tc', ['-s', 'class', 'show', 'dev', of]);
    const before = performance.now();
    for (const [, name = '', values = '', sent] of text.matchAll(
      /^class htb (\S+) (.*)\n Sent (\d+) bytes/gm,
    )) {
      const bytes = Number(sent);
      const key = `${of} ${name}`;
      if (bytes < (last.get(key) ?? 0)) resets.push(`${key}: ${last.get(key)} -> ${bytes}`);
      last.set(key, bytes);
      if (key !== `${device} ${id}`) continue;
      rob.push({ after, before, bytes });
      cburst = Number(/cburst (\d+)b/.exec(values)?.[1]);
    }
  };
  const looking = (async () => {
    while (running) {
      for (const of of ['eth0', 'ifb-eth0']) await look(of);
      await delay(40);
    }
  })();
  return {
    end: async () => {
      running = false;
      await looking;
      const ceil = (plan.guests[1]?.ceil ?? 0) / 8000;
      const [first, final] = [rob[0], rob.at(-1)];
      if (!first || !final || !cburst) throw new Error('rob has no class');
      const exceeded = rob.flatMap((to, index) =>
        rob.slice(0, index).flatMap((from) => {
          const most = ceil * (to.before - from.after) + cburst + 1514;
          const sent = to.bytes - from.bytes;
          return sent > most
            ? [`${sent} bytes in ${Math.round(to.before - from.after)} ms, at most ${most}`]
            : [];
        }),
      );
      const flooded = (final.bytes - first.bytes) / (ceil * (final.after - first.after));
      return { samples: rob.length, resets, exceeded, flooded };
    },
  };
}

test.run();
