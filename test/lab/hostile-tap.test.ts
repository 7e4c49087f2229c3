// What a hostile guest can do with its tap: frames of 60 KB whose header asks the host to cut them as it suits the guest, and
// everything that a driver may change. Real taps, and a wire that carries the pieces (docs/hostile-guest.md).
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { needsTunnel } from '../kernel/stack.ts';
import { unless } from '../support/skip.ts';
import { type AttackedHost, outsideMac, received } from './attacked-host.ts';
import { sendFrames, tcp, udp, unknown } from './frames.ts';
import type { Guest } from './host.ts';
import { most, needsFigures, on, two, within } from './hostile.ts';
import { mbit } from './policy.ts';
import { cutByHost, driveTap, makeTap, type Offload, steps, virtioHeader } from './tap.ts';

const test = unless(needsFigures() ?? needsTunnel());

/** mallory has a tap, on which its hook is called again. */
async function tapped(host: AttackedHost): Promise<Guest> {
  const mallory = host.guest('mallory');
  await makeTap(host.host.space, mallory.tap, 'br0');
  await host.again(mallory);
  return mallory;
}

interface Cut {
  what: string;
  kind: Offload['kind'];
  piece: number;
  payload?: number;
  /** Where the guest says that what is summed begins; where it really does unless told, nowhere if -1. */
  start?: number;
  /** Kernels differ in whether they take what makes no sense. */
  passes?: boolean;
}

const ceil = 50 * mbit;

async function cut(host: AttackedHost, mallory: Guest, one: Cut): Promise<void> {
  const { what, kind, piece, payload = 60_000, start = 0, passes = false } = one;
  const six = kind === 'tcp6';
  const family = six ? 6 : 4;
  const network = 14 + (six ? 40 : 20);
  const isTcp = kind.startsWith('tcp');
  const headers = network + (isTcp ? 20 : 8);
  const ends = { from: mallory.mac, to: outsideMac };
  const [from, to] = [mallory.address[family], host.outside.address[family]];
  const frame = (isTcp ? tcp : udp)(ends, from, to, headers + payload);
  const sum = start < 0 ? {} : { sum: { start: start || network, at: isTcp ? 16 : 6 } };
  const header = virtioHeader({ kind, piece, headers, ...sum });
  const bytes = () => Promise.all([received(host.outside), host.counted('eth0', 'guest mallory')]);
  const before = await bytes();
  const sender = driveTap(host.host.space, mallory.tap, { frame, header, rate: 2 * ceil, seconds: 60 });
  const { wire } = await host.attackBy(sender, host.outside, () => delay(700), 500);
  const [arrived = 0, counted = 0] = (await bytes()).map((count, at) => count - (before[at] ?? 0));
  assert.ok(arrived <= most * counted + 2000, `${what}: ${arrived} bytes arrived, ${counted} were counted`);
  within(what, wire, ceil, passes ? 0.85 : 0);
}

const cutting = two('leaf = { kind = "bfifo", limit = "200k" }')
  .replaceAll('"5mbit"', '"50mbit"')
  .replaceAll('"10mbit"', '"50mbit"');

for (const [protocol, cuts] of Object.entries({
  TCP: [
    { what: 'pieces of 1448 bytes', kind: 'tcp4', piece: 1448, passes: true },
    { what: 'pieces of 536 bytes', kind: 'tcp4', piece: 536, passes: true },
    { what: 'pieces of 50 bytes', kind: 'tcp4', piece: 50, payload: 20_000, passes: true },
    { what: 'pieces of a byte', kind: 'tcp4', piece: 1, payload: 1000, passes: true },
    { what: 'summed from within the header of IP', kind: 'tcp4', piece: 50, payload: 20_000, start: 20 },
    { what: 'summed from its end', kind: 'tcp4', piece: 10, payload: 5000, start: 28 },
    { what: 'not summed', kind: 'tcp4', piece: 50, payload: 20_000, start: -1 },
  ],
  'UDP and IPv6': [
    { what: 'pieces of 50 bytes', kind: 'udp', piece: 50, payload: 3000 },
    { what: 'pieces of 500 bytes', kind: 'udp', piece: 500, payload: 30_000 },
    { what: 'summed from within the header of IP', kind: 'udp', piece: 50, payload: 3000, start: 20 },
    { what: 'fragments of 1480 bytes', kind: 'udp4', piece: 1480 },
    { what: 'fragments of 16 bytes', kind: 'udp4', piece: 16, payload: 3000 },
    { what: 'TCP in pieces of 50 bytes', kind: 'tcp6', piece: 50, payload: 20_000, passes: true },
    { what: 'TCP summed from the wrong place', kind: 'tcp6', piece: 50, payload: 20_000, start: 40 },
  ],
} satisfies Record<string, Cut[]>)) {
  test(
    `${protocol} that the host cuts: what the wire carries is what counts`,
    on(cutting, ['mallory', 'bob'], async (host) => {
      const mallory = await tapped(host);
      await cutByHost(host.host.space, 'eth0');
      for (const one of cuts) await cut(host, mallory, one);
    }),
  );
}

test(
  'offloads, queues, carrier and driver of a tap: the ceil holds both ways after each',
  on(two(), ['mallory', 'bob'], async (host) => {
    const mallory = await tapped(host);
    const { host: own, outside } = host;
    const out = { frame: unknown({ from: mallory.mac, to: outsideMac }, 1514), rate: 40 * mbit };
    const into = { frame: unknown({ from: outsideMac, to: mallory.mac }, 1514), rate: 40 * mbit };
    for (const step of steps) {
      const flood = sendFrames(outside.space, 'eth0', { ...into, seconds: 60 });
      try {
        const driver = driveTap(own.space, mallory.tap, { ...out, step, seconds: 60 });
        // What the guest has read.
        const read = () => received(own, mallory.tap, 'tx_bytes');
        const { wire, found } = await host.attackBy(driver, outside, async () => {
          const [began, before] = [performance.now(), await read()];
          await delay(1000);
          return (((await read()) - before) * 8 * 1000) / (performance.now() - began);
        });
        within(`${step}, sending`, wire, 10 * mbit);
        within(`${step}, receiving`, found, 10 * mbit);
        await host.do('verify');
      } finally {
        flood.kill();
        await flood.ended;
      }
    }
  }),
);

/** Little, so that a busy machine sends far more. */
const slow = two().replace('"5mbit"', '"1mbit"').replace('"10mbit"', '"1mbit"');

test(
  'small frames past the ceil, both ways: what waits in queues takes little memory',
  on(slow, ['mallory'], async (host) => {
    const mallory = await tapped(host);
    const { space } = host.host;
    /** KiB that the kernel cannot reclaim: of the whole machine, so other programs are given some room. */
    const slab = async () =>
      Number((await space.run('cat', ['/proc/meminfo'])).match(/^SUnreclaim: +(\d+)/m)?.[1]);
    /** The packets in queues; each costs nearly a KiB, whatever its size. */
    const waiting = async () =>
      [...(await space.run('tc', ['-s', 'qdisc', 'show'])).matchAll(/backlog \S+ (\d+)p/g)].reduce(
        (sum, [, packets]) => sum + Number(packets),
        0,
      );
    const rate = 100_000 * 60 * 8;
    const frame = (from: string, to: string) => unknown({ from, to }, 60);
    const senders = {
      sends: () => driveTap(space, mallory.tap, { frame: frame(mallory.mac, outsideMac), rate, seconds: 60 }),
      receives: () =>
        sendFrames(host.outside.space, 'eth0', { frame: frame(outsideMac, mallory.mac), rate, seconds: 60 }),
    };
    for (const [what, send] of Object.entries(senders)) {
      const before = await slab();
      const { found } = await host.attackBy(send(), host.outside, async () => {
        await delay(3000);
        return { packets: await waiting(), grown: (await slab()) - before };
      });
      assert.ok(found.packets < 16 * 1024, `mallory ${what}: ${found.packets} packets wait`);
      assert.ok(found.grown < 64 * 1024, `mallory ${what}: ${found.grown} KiB more`);
    }
  }),
);

test.run();
