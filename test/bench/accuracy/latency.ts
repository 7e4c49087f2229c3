// What a full queue costs others: a guest's own pings while it sends or receives all it can, its neighbour's, and
// one direction by the other. The same with tc's own leaf, a FIFO of as many packets as the device's queue.
import { type Direction, directions } from '../../../src/units/units.ts';
import { guestNamed } from '../../lab/host.ts';
import type { Row } from '../section.ts';
import { median } from '../statistics.ts';
import { against } from './sharing.ts';
import { flowOf, type World } from './world.ts';

const pingers = ['busy', 'neighbour'] as const;
type Pinger = (typeof pingers)[number];
type Times = Record<Pinger, number[]>;

export async function measureLatency(world: World, quick: boolean): Promise<Row[]> {
  const ways = quick ? (['out'] as const) : directions;
  const seconds = quick ? 1 : 3;
  const look = async () => {
    const loaded = new Map<Direction, Times>();
    for (const way of ways) loaded.set(way, await pingUnderLoad(world, way, seconds));
    return { loaded, both: quick ? undefined : await bothWays(world, seconds) };
  };
  await world.load();
  const leaves = await world.host.space.run('tc', ['qdisc', 'show', 'dev', 'eth0']);
  const least = leaves.includes('fq_codel') ? 0.95 : 0.9;
  const idle = median(await ping(world, 'busy', 1));
  const ours = await look();
  await world.load('leaf');
  const tcs = await look();
  const rows = ways.flatMap((way) =>
    pingers.map((who): Row => {
      const [mine, other] = [ours, tcs].map(({ loaded }) => loaded.get(way)?.[who] ?? []);
      return {
        what: `ping of ${who === 'busy' ? `a guest whose TCP fills its 30 mbit, ${way}` : 'its neighbour'}`,
        unit: 's',
        ...against(median(mine ?? []), median(other ?? []), "tc's own leaf"),
        note: `95 % within ${milli(high(mine ?? []))}, beside it ${milli(high(other ?? []))}; idle ${milli(idle)}`,
      };
    }),
  );
  const [mine, other] = [ours.both, tcs.both];
  if (!mine || !other) return rows;
  const both = directions.map(
    (way): Row => ({
      what: `TCP ${way} of both directions at once, 30 mbit, 4 flows each`,
      unit: 'bit/s',
      ...against(mine.both[way], mine.alone[way], 'alone'),
      target: { least },
      note: `with tc's own leaf ${(other.both[way] / other.alone[way]).toFixed(3)}`,
    }),
  );
  return [...rows, ...both];
}

async function pingUnderLoad(world: World, way: Direction, seconds: number): Promise<Times> {
  const { host, run } = world;
  const timing = { omit: 1, seconds };
  const load = run(`pings under load, ${way}`, [flowOf(host, 'busy', way)], timing);
  const late = new Promise((resolve) => setTimeout(resolve, 1000 * (timing.omit + 0.3)));
  const times = late.then(() => Promise.all(pingers.map((who) => ping(world, who, seconds - 0.5))));
  const [[busy = [], neighbour = []]] = await Promise.all([times, load]);
  return { busy, neighbour };
}

/** @returns seconds of each answer; one that did not come is not among them */
async function ping({ host }: World, who: Pinger, seconds: number): Promise<number[]> {
  const guest = guestNamed(host, who);
  const args = ['-n', '-i', '0.02', '-w', `${Math.ceil(seconds)}`, host.outside.address[4]];
  const { stdout } = await guest.space.start('ping', args).ended;
  return [...stdout.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time) / 1000);
}

interface Both {
  alone: Record<Direction, number>;
  both: Record<Direction, number>;
}

async function bothWays({ host, run }: World, seconds: number): Promise<Both> {
  const timing = { omit: 1, seconds };
  const of = (way: Direction) => flowOf(host, 'busy', way, { connections: 4 });
  const [out = 0] = await run('out alone', [of('out')], timing);
  const [into = 0] = await run('in alone', [of('in')], timing);
  const [bothOut = 0, bothIn = 0] = await run('out and in at once', [of('out'), of('in')], timing);
  return { alone: { out, in: into }, both: { out: bothOut, in: bothIn } };
}

function high(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
}

function milli(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}
