// A hostile guest that is flooded or floods in bursts: what comes in for it, for nobody and for all costs no neighbour his
// guarantee, nor the host its own traffic, and no second has more than a ceil (docs/hostile-guest.md).
import { setTimeout as delay } from 'node:timers/promises';
import { unless } from '../support/skip.ts';
import { type AttackedHost, outsideMac, received } from './attacked-host.ts';
import { sendFrames, udp, unknown } from './frames.ts';
import { keeps, needsFigures, on, two, within } from './hostile.ts';
import { mbit } from './policy.ts';

const test = unless(needsFigures());

test(
  'floods from outside: to an address that nobody has, to all, and to one guest',
  on(two(), ['mallory', 'bob'], async (host) => {
    const [mallory, bob, { outside }] = [host.guest('mallory'), host.guest('bob'), host];
    const download = () => host.tcp(outside, bob);
    for (const [what, to, size, rate] of [
      ['an address that nobody has learned', '52:54:00:aa:aa:aa', 1514, 80],
      ['broadcast', 'ff:ff:ff:ff:ff:ff', 1514, 60],
      ['a neighbour, ten times its ceil', mallory.mac, 1514, 100],
      ['a neighbour, small frames', mallory.mac, 100, 25],
    ] as const) {
      const frame = unknown({ from: outsideMac, to }, size);
      const { found } = await host.attack(outside, { frame, rate: rate * mbit }, mallory, download);
      keeps(what, found, 20 * mbit);
    }
  }),
);

const grouped = (ceil: string) => `
[uplink.eth0]
ceil = "400mbit"
[group.g]
ceil = "${ceil}"
[guest."*"]
group = "g"
rate = "10mbit"
ceil = "${ceil}"
[guest.carol]
rate = "20mbit"
ceil = "50mbit"
`;

test(
  'floods from outside to one of a group: the other keeps its guarantee, others and the host what is theirs',
  on(grouped('30mbit'), ['mallory', 'bob', 'carol'], async (host) => {
    const [mallory, bob, carol, { outside }] = [
      host.guest('mallory'),
      host.guest('bob'),
      host.guest('carol'),
      host,
    ];
    for (const [size, rate] of [
      [1514, 200],
      [100, 25],
    ] as const) {
      const frame = unknown({ from: outsideMac, to: mallory.mac }, size);
      for (const [what, to, guarantee] of [
        ['bob', bob, 10],
        ['carol', carol, 40],
        ['the host', host.host, 100],
      ] as const) {
        const download = () => host.tcp(outside, to);
        const { found } = await host.attack(outside, { frame, rate: rate * mbit }, mallory, download);
        keeps(`${what} beside a flood of frames of ${size} bytes`, found, guarantee * mbit);
      }
    }
  }),
);

/** Of three seconds, bits of the one that has most, wherever it begins. */
async function busiestSecond({ outside }: AttackedHost): Promise<number> {
  const samples: [number, number][] = [];
  for (const began = performance.now(); performance.now() - began < 3000; await delay(20))
    samples.push([performance.now(), await received(outside)]);
  const seconds = samples.flatMap(([start, before]) => {
    const last = samples.find(([at]) => at >= start + 1000);
    return last ? ((last[1] - before) * 8 * 1000) / (last[0] - start) : [];
  });
  return Math.max(...seconds);
}

test(
  'bursts in step with silence: no second has more than the ceil',
  on(two(), ['mallory', 'bob'], async (host) => {
    const [mallory, { outside }] = [host.guest('mallory'), host];
    const ends = { from: mallory.mac, to: outsideMac };
    const frame = udp(ends, mallory.address[4], outside.address[4], 1514);
    for (const period of [0.04, 0.4, 2]) {
      const sending = { frame, rate: 100 * mbit, turns: { on: period / 4, off: (period * 3) / 4 } };
      const { found } = await host.attack(mallory, sending, outside, () => busiestSecond(host));
      within(`a quarter of every ${period} s`, found, 10 * mbit, 0.25);
    }
  }),
);

test(
  'all of a group in step: no second has more than the group’s ceil',
  on(grouped('12mbit').replace('"10mbit"', '"2mbit"'), ['mallory', 'ann', 'bob', 'cat'], async (host) => {
    const [first, ...others] = ['mallory', 'ann', 'bob', 'cat'].map((name) => {
      const guest = host.guest(name);
      const frame = unknown({ from: guest.mac, to: outsideMac }, 1514);
      const sending = { frame, rate: 60 * mbit, turns: { on: 0.05, off: 0.45 }, seconds: 60 };
      return sendFrames(guest.space, 'eth0', sending);
    });
    if (!first) return;
    try {
      const { found } = await host.attackBy(first, host.outside, () => busiestSecond(host));
      // What a queue does not hold of a burst is gone: an idle machine sends all of it within its twentieth.
      within('together', found, 12 * mbit, 0.25);
    } finally {
      for (const one of others) {
        one.kill();
        await one.ended;
      }
    }
  }),
);

test.run();
