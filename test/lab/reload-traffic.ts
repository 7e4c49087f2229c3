// Traffic over reloads: flows that are counted by the kernels at both ends, and a meter that looks at the classes'
// counters again and again. cliff, the first guest, is watched; rob, the second, sends all he can.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Host } from './host.ts';
import type { Station } from './iperf.ts';
import type { Libvirt } from './libvirt.ts';
import { udpLength } from './policy.ts';

type FlowName = 'out' | 'in' | 'flood';

/** What its kernel sent, and what the other's did not get. */
export interface Counted {
  packets: number;
  lost: number;
}

export interface Flow {
  /** Stops the sender. */
  end: () => Promise<Counted>;
}

/** cliff out and in at 80 % of its ceil, and rob out at four times his. */
export async function startFlows(host: Host, names: FlowName[]): Promise<Flow[]> {
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

export interface Way {
  from: Station;
  to: Station;
  rate: number;
  port: number;
}

export async function startFlow({ from, to, rate, port }: Way): Promise<Flow> {
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

interface GuestClass {
  device: string;
  id: string;
}

/** Where a guest sends, and where it receives. */
function classesOf({ root }: Libvirt, guest: string): [GuestClass, GuestClass] {
  const rules = readFileSync(join(root, 'rules.d/shape.tc'), 'utf8');
  const added = new RegExp(`^ *class add dev (\\S+) parent \\S+ classid (\\S+) .*# guest ${guest}\\b`, 'gm');
  const [out, into] = [...rules.matchAll(added)].map(([, device = '', id = '']) => ({ device, id }));
  if (!out || !into) throw new Error(`${guest} has no classes`);
  return [out, into];
}

/** @returns packets that the queues of its two classes have dropped, out and in */
export function dropsOf(libvirt: Libvirt, guest: string): Promise<number[]> {
  const dropsIn = async ({ device, id }: GuestClass) => {
    const text = await libvirt.host.space.run('tc', ['-s', '-j', 'qdisc', 'show', 'dev', device]);
    const queues = JSON.parse(text) as { parent?: string; drops: number }[];
    const queue = queues.find(({ parent }) => parent === id);
    if (!queue) throw new Error(`${guest} has no queue on ${device}`);
    return queue.drops;
  };
  return Promise.all(classesOf(libvirt, guest).map(dropsIn));
}

/** Looks at the classes' counters again and again. */
export function startMeter(libvirt: Libvirt) {
  const { host } = libvirt;
  const [{ device, id }] = classesOf(libvirt, 'rob');
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
      const [, size, kilo] = /cburst (\d+)(K?)b/.exec(values) ?? [];
      cburst = Number(size) * (kilo ? 1024 : 1);
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
      const ceil = (host.guests[1]?.ceil ?? 0) / 8000;
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
