// Whether the size of its frames brings a hostile guest anything: each counts what the wire carries, and small ones cost
// its neighbour no guarantee (docs/hostile-guest.md).
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { unless } from '../support/skip.ts';
import { outsideMac, tcpShare } from './attacked-host.ts';
import { tcp, unknown } from './frames.ts';
import type { Guest } from './host.ts';
import { keeps, needsFigures, on, two, within } from './hostile.ts';
import type { Station } from './iperf.ts';
import { mbit } from './policy.ts';

const test = unless(needsFigures());

test(
  'small frames: each counts 60 bytes, or what the uplink says, and they cost nobody his guarantee',
  on(two(), ['mallory', 'bob'], async (host) => {
    const [mallory, bob, { outside }] = [host.guest('mallory'), host.guest('bob'), host];
    const ends = { from: mallory.mac, to: outsideMac };
    const flood = (size: number) => ({ frame: unknown(ends, size), rate: 40_000 * size * 8 });
    // The wire pads a frame of 14 bytes to 60.
    const short = await host.attack(mallory, flood(14), outside);
    within('frames of 14 bytes', (short.wire / 14) * 60, 10 * mbit);
    within('frames of 60 bytes', (await host.attack(mallory, flood(60), outside)).wire, 10 * mbit);
    for (const [what, from, to, guarantee] of [
      ['bob sends', bob, outside, 20],
      ['bob receives', outside, bob, 20],
      ['the host sends', host.host, outside, 50],
    ] as const) {
      const { found } = await host.attack(mallory, flood(60), outside, () => host.tcp(from, to));
      keeps(`beside small frames, ${what}`, found, guarantee * mbit);
    }
  }),
);

test(
  'overhead and mpu: what the wire carries beside each frame counts too',
  on(two('', 'overhead = 24\nmpu = 200'), ['mallory', 'bob'], async (host) => {
    const [mallory, { outside }] = [host.guest('mallory'), host];
    const ends = { from: mallory.mac, to: outsideMac };
    for (const [size, counts] of [
      [60, 200],
      [500, 524],
      [1514, 1538],
    ] as const) {
      const sending = { frame: unknown(ends, size), rate: 60 * mbit * (size / counts) };
      const { wire } = await host.attack(mallory, sending, outside);
      const share = ((wire / size) * counts) / (10 * mbit);
      assert.ok(share > 0.95 && share < 1.01, `frames of ${size} bytes: ${share} of the ceil`);
    }
  }),
);

const alike = `
[uplink.eth0]
ceil = "200mbit"
[defaults]
leaf = { kind = "bfifo", limit = "200k" }
[group.pair]
ceil = "12mbit"
[guest."*"]
group = "pair"
rate = "2mbit"
ceil = "12mbit"
`;

/** 64 KB that the NIC is to cut. */
const gso = (from: Guest, to: Station, payload = 60_000) => ({
  frame: tcp({ from: from.mac, to: outsideMac }, from.address[4], to.address[4], 54 + payload),
});

test(
  'equal guarantees: frames of 60 bytes and of 60 KB share what is left over alike',
  on(alike, ['small', 'large'], async (host) => {
    const [small, large, { outside }] = [host.guest('small'), host.guest('large'), host];
    const tiny = { frame: unknown({ from: small.mac, to: outsideMac }, 60), rate: 30_000 * 60 * 8 };
    const big = { ...gso(large, outside), gso: 1448, rate: 20 * mbit };
    const subjects = ['guest small', 'guest large'];
    const count = () => Promise.all(subjects.map((subject) => host.counted('eth0', subject)));
    const { found } = await host.attack(small, tiny, outside, async () => {
      const both = await host.attack(large, big, outside, async () => {
        const before = await count();
        await delay(3500);
        return (await count()).map((bytes, at) => bytes - (before[at] ?? 0));
      });
      return both.found;
    });
    const [ratio, sum] = [(found[0] ?? 0) / (found[1] ?? 0), (found[0] ?? 0) + (found[1] ?? 0)];
    assert.ok(ratio > 0.9 && ratio < 1 / 0.9, `small to large as ${found}, ${sum} together`);
  }),
);

test(
  'what the NIC is to cut counts with the headers of each piece',
  on(two('leaf = { kind = "bfifo", limit = "200k" }'), ['mallory', 'bob'], async (host) => {
    const [mallory, { outside }] = [host.guest('mallory'), host];
    for (const [payload, piece] of [
      [60_000, 1448],
      [20_000, 536],
      [12_000, 50],
    ] as const) {
      const sending = { ...gso(mallory, outside, payload), gso: piece, rate: 30 * mbit };
      const counted = payload + Math.ceil(payload / piece) * 54;
      const { wire } = await host.attack(mallory, sending, outside);
      // Between namespaces nobody cuts it.
      within(`pieces of ${piece}`, (wire / (payload + 54)) * counted, 10 * mbit);
    }
  }),
);

test(
  'pps: frames of 60 bytes are held to it, TCP that the NIC cuts is not hurt by it',
  on(
    two('pps = 2500\nceil = "30mbit"').replace('ceil = "10mbit"\n', ''),
    ['mallory', 'bob'],
    async (host) => {
      const [mallory, { outside }] = [host.guest('mallory'), host];
      assert.ok((await host.tcp(mallory, outside)) > 0.95 * 30 * mbit * tcpShare, 'TCP');
      const sending = { frame: unknown({ from: mallory.mac, to: outsideMac }, 60), rate: 20_000 * 60 * 8 };
      const { wire } = await host.attack(mallory, sending, outside);
      const share = wire / 60 / 8 / 2500;
      assert.ok(share < 1.02 && share > 0.95, `${share} of 2500 a second`);
    },
  ),
);

test.run();
