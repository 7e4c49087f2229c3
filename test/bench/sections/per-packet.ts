// What a packet costs. The same traffic through bridges that differ in their rules only, in turn; what one CPU
// carries when all of it goes into the packets, since that is what a host has to give.
import { type Direction, directions } from '../../../src/units/units.ts';
import { needsCommand } from '../../support/needs.ts';
import { Namespaces } from '../../support/netns.ts';
import { loadForwardOnly, loadOurs } from '../packets/ours.ts';
import { makeEnds, makePath, type Path } from '../packets/path.ts';
import { loadOldWay, loadWay, type Way, ways } from '../packets/rulesets.ts';
import { type Carried, flood, needsCpuTimes, stream } from '../packets/traffic.ts';
import type { Bench, Measure, Plot, Row } from '../section.ts';
import { compared, median } from '../statistics.ts';

type Traffic = `64 bytes, ${Direction}` | `TCP, ${Direction}`;
const traffics: Traffic[] = ['64 bytes, out', '64 bytes, in', 'TCP, out', 'TCP, in'];

/** One kind of rules on one size of host, and what it carried, round by round. */
interface Variant {
  rules: 'none' | 'virt-shaper' | 'forward only' | 'the old way' | Way;
  guests: number;
  path: Path;
  carried: Map<Traffic, Carried[]>;
}

export const measure: Measure = async (bench) => {
  const missing = needsCommand('trafgen');
  if (missing) throw new Error(`${missing} (Debian and Fedora: netsniff-ng)`);
  const blind = needsCpuTimes();
  if (blind) throw new Error(blind);
  const sizes = bench.quick ? [1, 100] : [1, 100, 1000];
  const variants = await makeVariants(bench, sizes);
  const seconds = bench.quick ? 0.25 : 0.5;
  const rounds = bench.quick ? 1 : 12;
  // Two hosts that are the same differ by a tenth from round to round: what is asked for takes more of them.
  const isAsked = ({ rules, guests }: Variant) =>
    /^(?:virt-shaper|forward only)$/.test(rules) && (guests === sizes[0] || guests === sizes.at(-1));
  for (let round = 1; round <= rounds; round += 1) {
    for (const traffic of traffics) {
      bench.progress(`round ${round} of ${rounds}: ${traffic}`);
      for (const variant of variants) {
        const { rules, path, carried } = variant;
        const direction = traffic.endsWith('out') ? 'out' : 'in';
        // How a frame is told apart costs the same both ways, and the less the frame, the more of its cost.
        if (ways.includes(rules as Way) && traffic !== '64 bytes, out') continue;
        const send = traffic.startsWith('TCP') ? stream : flood;
        if (round > 4 && !isAsked(variant)) continue;
        if (send === stream && round > 3) continue;
        const now = await send(path, direction, seconds);
        carried.set(traffic, [...(carried.get(traffic) ?? []), now]);
      }
    }
  }
  const of = (rules: Variant['rules'], guests: number) => {
    const found = variants.find((one) => one.rules === rules && one.guests === guests);
    if (!found) throw new Error(`${rules} was not measured with ${guests} guests`);
    return found;
  };
  return {
    name: 'per-packet',
    title: 'What a packet costs: carried by one CPU',
    rows: rowsOf(sizes, of),
    plots: plotsOf(sizes, of),
  };
};

type Find = (rules: Variant['rules'], guests: number) => Variant;

async function makeVariants(bench: Bench, sizes: number[]): Promise<Variant[]> {
  const spaces = new Namespaces();
  const ends = await makeEnds(spaces);
  const variants: Variant[] = [];
  const add = async (rules: Variant['rules'], guests: number, load: (path: Path) => Promise<unknown>) => {
    bench.progress(`making a host: ${rules}, ${guests} guests`);
    const path = await makePath(spaces, ends, variants.length + 1, guests, rules === 'the old way');
    await load(path);
    variants.push({ rules, guests, path, carried: new Map() });
  };
  await add('none', 1, async () => {});
  for (const size of sizes) {
    await add('virt-shaper', size, (path) => loadOurs(bench, path, 40e9));
    await add('forward only', size, (path) => loadForwardOnly(bench, path, 40e9));
    await add('the old way', size, loadOldWay);
    for (const way of ways) await add(way, size, (path) => loadWay(path, way));
  }
  return variants;
}

const perSecond = (traffic: Traffic) => (one: Carried) =>
  traffic.startsWith('TCP') ? (8 * one.bytes) / one.seconds : one.packets / one.seconds;

function values({ carried }: Variant, traffic: Traffic): number[] {
  return (carried.get(traffic) ?? []).map(perSecond(traffic));
}

/** Median of the CPU's seconds for each packet the host saw. */
function cost({ carried }: Variant, traffic: Traffic): number {
  return median((carried.get(traffic) ?? []).map(({ seconds, packets }) => seconds / packets));
}

function rowsOf(sizes: number[], of: Find): Row[] {
  const row = (what: string, traffic: Traffic, ours: Variant, bare: Variant, bareIs: string): Row => {
    // Side by side are the rounds that both had, which are the first.
    const [mine, theirs] = [values(ours, traffic), values(bare, traffic)];
    return {
      what,
      unit: traffic.startsWith('TCP') ? 'bit/s' : 'packets/s',
      ...compared(mine.slice(0, theirs.length), theirs.slice(0, mine.length)),
      bareIs,
      note: `${micro(cost(ours, traffic))} a frame, beside it ${micro(cost(bare, traffic))}`,
    };
  };
  const most = Math.max(...sizes);
  const flat = traffics.map((traffic) => ({
    ...row(
      `${traffic}: ${count(most)}`,
      traffic,
      of('virt-shaper', most),
      of('virt-shaper', 1),
      'with 1 guest',
    ),
    ...(traffic.startsWith('TCP') ? {} : { target: { least: 0.95 } }),
  }));
  const former = traffics
    .filter((traffic) => !traffic.startsWith('TCP'))
    .flatMap((traffic) =>
      sizes.map((size) => ({
        ...row(
          `${traffic}: ${count(size)}`,
          traffic,
          of('virt-shaper', size),
          of('forward only', size),
          'marked in the forward hook alone, as in 0.1',
        ),
        target: { least: 0.9 },
      })),
    );
  const others = traffics.flatMap((traffic) =>
    sizes.flatMap((size) => [
      row(`${traffic}: ${count(size)}`, traffic, of('virt-shaper', size), of('none', 1), 'no rules'),
      row(
        `${traffic}: ${count(size)}`,
        traffic,
        of('virt-shaper', size),
        of('the old way', size),
        'two iptables rules and a filter each',
      ),
    ]),
  );
  const choice = sizes.flatMap((size) =>
    (['two maps', 'a rule each'] as const).map((way) =>
      row(
        `nft alone: verdict map, ${count(size)}`,
        '64 bytes, out',
        of('verdict map', size),
        of(way, size),
        way,
      ),
    ),
  );
  return [...flat, ...former, ...others, ...choice];
}

function plotsOf(sizes: number[], of: Find): Plot[] {
  const labels = ['0', ...sizes.map((size) => size.toLocaleString('en-US'))];
  const line = (name: string, rules: Variant['rules'], traffic: Traffic) => ({
    name,
    values: [cost(of('none', 1), traffic), ...sizes.map((size) => cost(of(rules, size), traffic))],
  });
  const common = { unit: 's', axis: 'guests', labels, log: true } as const;
  return [
    {
      ...common,
      name: 'per-packet',
      kind: 'lines',
      title: 'CPU time for a packet of 64 bytes, sender and bridge included',
      series: directions.flatMap((direction) =>
        (['virt-shaper', 'the old way'] as const).map((rules) =>
          line(`${rules}, ${direction === 'out' ? 'sending' : 'receiving'}`, rules, `64 bytes, ${direction}`),
        ),
      ),
    },
    {
      ...common,
      name: 'per-packet-choice',
      kind: 'lines',
      title: 'CPU time for a packet of 64 bytes: ways to find out whose it is, without queues',
      series: ways.map((way) => line(way, way, '64 bytes, out')),
    },
  ];
}

function count(guests: number): string {
  return guests === 1 ? '1 guest' : `${guests.toLocaleString('en-US')} guests`;
}

function micro(seconds: number): string {
  return `${(seconds * 1e6).toFixed(2)} µs`;
}
