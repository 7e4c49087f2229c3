// What arrives of what a ceil allows, from 1 mbit to 1 gbit; and the same with tc's own bursts.
import { directions } from '../../../src/units/units.ts';
import { mbit, payloadShare } from '../../lab/policy.ts';
import type { Bench, Plot, Row } from '../section.ts';
import { floodGigabit } from './gigabit.ts';
import { flowOf, type Left, rates, type Traffic, type World } from './world.ts';

interface Kind {
  name: string;
  /** What a guest of this rate sends or is sent, in mbit. */
  traffic: (rate: number) => Traffic;
  share: number;
  /** Rates that are measured at once, in mbit. */
  rounds: number[][];
  /** Also with tc's own bursts. */
  beside: boolean;
}

const large = 1400;
const small = 200;
/** Ethernet, IPv4 and UDP. */
const headers = 14 + 20 + 8;
/** Packets that are offered, as a multiple of the ceil: more than the queue drops anyway would only cost CPU. */
const offered = 1.25;

const kinds = (quick: boolean): Kind[] => [
  {
    name: 'TCP, 1 flow',
    traffic: () => ({}),
    share: payloadShare('tcp', 4),
    rounds: quick ? [[1, 10, 100]] : [[1, 2, 10, 30, 100, 200], [1000]],
    beside: true,
  },
  {
    name: 'TCP, 8 flows',
    traffic: () => ({ connections: 8 }),
    share: payloadShare('tcp', 4),
    rounds: quick ? [] : [[1, 10, 100], [1000]],
    beside: false,
  },
  {
    name: `UDP, ${large} bytes`,
    traffic: (rate) => ({ udpRate: offered * rate * mbit, length: large }),
    share: large / (large + headers),
    rounds: quick
      ? [[1, 10, 30]]
      : [
          [1, 10, 100],
          [2, 30, 200],
        ],
    beside: true,
  },
  {
    name: `UDP, ${small} bytes`,
    traffic: (rate) => ({ udpRate: offered * rate * mbit, length: small }),
    share: small / (small + headers),
    rounds: quick ? [] : [[1, 10], [100]],
    beside: false,
  },
];

type Shares = Map<string, number>;
const keyOf = (kind: string, direction: string, rate: number) => `${kind}, ${direction}, ${rate}`;

export async function measureRates(world: World, bench: Bench): Promise<{ rows: Row[]; plots: Plot[] }> {
  const list = kinds(bench.quick);
  await world.load();
  const ours = await shares(world, list);
  await world.load('burst');
  // What is only shown beside ours leaves out the rate that takes longest.
  const shown = list.filter(({ beside }) => beside);
  const faster = (rounds: number[][]) => rounds.map((round) => round.filter((rate) => rate > 1));
  const tcs = await shares(
    world,
    shown.map((kind) => ({ ...kind, rounds: faster(kind.rounds) })),
  );
  if (!bench.quick) {
    await addGigabit(bench, ours);
    await addGigabit(bench, tcs, 'burst');
  }
  const rows = list.flatMap(({ name, share }) =>
    directions.flatMap((direction) =>
      rates
        .filter((rate) => ours.has(keyOf(name, direction, rate)))
        .map((rate) => {
          const key = keyOf(name, direction, rate);
          return rowOf(`${name}, ${direction}, ${rate} mbit`, rate, share, ours.get(key), tcs.get(key));
        }),
    ),
  );
  return { rows, plots: [plotOf(list, ours, tcs)] };
}

/** Both directions at once: the guests that send are others than those that receive. 1 gbit one at a time. */
async function shares({ host, run, timing, slow }: World, list: Kind[]): Promise<Shares> {
  const found: Shares = new Map();
  for (const { name, traffic, share, rounds } of list) {
    for (const round of rounds) {
      const each = directions.flatMap((direction) => round.map((rate) => ({ direction, rate })));
      const heavy = Math.max(...round) >= (name.startsWith('UDP') ? 100 : 1000);
      const runs = heavy
        ? directions.map((way) => each.filter(({ direction }) => direction === way))
        : [each];
      for (const some of runs) {
        const flows = some.map(({ direction, rate }) =>
          flowOf(host, `${direction}-${rate}`, direction, traffic(rate)),
        );
        const received = await run(
          `${name}, ${round.join(' ')} mbit`,
          flows,
          name.startsWith('TCP') && round.includes(1) ? slow : timing,
        );
        for (const [index, { direction, rate }] of some.entries()) {
          found.set(keyOf(name, direction, rate), (received[index] ?? 0) / (rate * mbit * share));
        }
      }
    }
  }
  return found;
}

async function addGigabit(bench: Bench, found: Shares, left?: Left): Promise<void> {
  const rate = 1000;
  const received = await floodGigabit(bench, rate, large, left);
  if (!received) return;
  const allowed = (rate * mbit * large) / (large + headers);
  for (const direction of directions) {
    found.set(keyOf(`UDP, ${large} bytes`, direction, rate), received[direction] / allowed);
  }
}

function rowOf(what: string, rate: number, share: number, ratio = Number.NaN, tcs?: number): Row {
  const tolerance = rate >= 2 && rate <= 200 ? 0.01 : 0.02;
  const allowed = rate * mbit * share;
  return {
    what,
    unit: 'bit/s',
    ours: ratio * allowed,
    bare: allowed,
    bareIs: 'payload that fits the ceil',
    ratio,
    spread: [ratio, ratio],
    target: { least: 1 - tolerance, most: 1 + tolerance },
    ...(tcs === undefined ? {} : { note: `with tc's own burst ${tcs.toFixed(3)}` }),
  };
}

function plotOf(list: Kind[], ours: Shares, tcs: Shares): Plot {
  const shown = list.filter(({ beside }) => beside);
  const labels = rates.filter((rate) => shown.every(({ name }) => ours.has(keyOf(name, 'out', rate))));
  const line = (name: string, from: Shares, kind: string, direction: string) => ({
    name,
    values: labels.map((rate) => from.get(keyOf(kind, direction, rate)) ?? null),
  });
  return {
    name: 'accuracy-burst',
    kind: 'lines',
    title: 'What arrives, as a part of what the ceil allows, sending',
    unit: 'x',
    axis: 'ceil in mbit',
    from: 0.9,
    labels: labels.map(String),
    series: shown.flatMap(({ name }) => [
      line(name, ours, name, 'out'),
      line(`${name}, with tc's own burst`, tcs, name, 'out'),
    ]),
  };
}
