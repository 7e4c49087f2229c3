// What a packet costs. The same traffic through bridges that differ in their rules only, in turn; what one CPU
// carries when all of it goes into the packets, since that is what a host has to give.
import { directions } from '../../../src/units/units.ts';
import { loadForwardOnly, loadOurs } from '../packets/ours.ts';
import { loadOldWay } from '../packets/rulesets.ts';
import { flood, stream } from '../packets/traffic.ts';
import {
  cost,
  count,
  note,
  overGuests,
  row,
  sizesOf,
  type Traffic,
  type Variant,
  Variants,
} from '../packets/variants.ts';
import type { Bench, Measure, Plot, Row } from '../section.ts';

const traffics: Traffic[] = ['64 bytes, out', '64 bytes, in', 'TCP, out', 'TCP, in'];
type Rules = 'none' | 'virt-shaper' | 'forward only' | 'the old way';

export const measure: Measure = async (bench) => {
  const sizes = sizesOf(bench);
  const variants = await makeVariants(bench, sizes);
  const seconds = bench.quick ? 0.25 : 0.5;
  const rounds = bench.quick ? 1 : 12;
  // Two hosts that are the same differ by a tenth from round to round: what is asked for takes more of them.
  const isAsked = ({ rules, guests }: Variant<Rules>) =>
    /^(?:virt-shaper|forward only)$/.test(rules) && (guests === sizes[0] || guests === sizes.at(-1));
  for (let round = 1; round <= rounds; round += 1) {
    for (const traffic of traffics) {
      bench.progress(`round ${round} of ${rounds}: ${traffic}`);
      for (const variant of variants.all) {
        const direction = traffic.endsWith('out') ? 'out' : 'in';
        const send = traffic.startsWith('TCP') ? stream : flood;
        if (round > 4 && !isAsked(variant)) continue;
        if (send === stream && round > 3) continue;
        note(variant, traffic, await send(variant.path, direction, seconds));
      }
    }
  }
  return {
    name: 'per-packet',
    title: 'What a packet costs: carried by one CPU',
    rows: rowsOf(sizes, variants),
    plots: [plotOf(sizes, variants)],
  };
};

async function makeVariants(bench: Bench, sizes: number[]): Promise<Variants<Rules>> {
  const variants = new Variants<Rules>(bench);
  await variants.add('none', 1, async () => {});
  for (const size of sizes) {
    await variants.add('virt-shaper', size, (path) => loadOurs(bench, path, 40e9));
    await variants.add('forward only', size, (path) => loadForwardOnly(bench, path, 40e9));
    await variants.add('the old way', size, loadOldWay, true);
  }
  return variants;
}

function rowsOf(sizes: number[], variants: Variants<Rules>): Row[] {
  const most = Math.max(...sizes);
  const ours = (size: number) => variants.of('virt-shaper', size);
  const flat = traffics.map((traffic) => ({
    ...row(`${traffic}: ${count(most)}`, traffic, ours(most), ours(1), 'with 1 guest'),
    ...(traffic.startsWith('TCP') ? {} : { target: { least: 0.95 } }),
  }));
  const former = traffics
    .filter((traffic) => !traffic.startsWith('TCP'))
    .flatMap((traffic) =>
      sizes.map((size) => ({
        ...row(
          `${traffic}: ${count(size)}`,
          traffic,
          ours(size),
          variants.of('forward only', size),
          'marked in the forward hook alone, as in 0.1',
        ),
        target: { least: 0.9 },
      })),
    );
  const others = traffics.flatMap((traffic) =>
    sizes.flatMap((size) => [
      row(`${traffic}: ${count(size)}`, traffic, ours(size), variants.of('none', 1), 'no rules'),
      row(
        `${traffic}: ${count(size)}`,
        traffic,
        ours(size),
        variants.of('the old way', size),
        'two iptables rules and a filter each',
      ),
    ]),
  );
  return [...flat, ...former, ...others];
}

function plotOf(sizes: number[], variants: Variants<Rules>): Plot {
  const line = (name: string, rules: Rules, traffic: Traffic) => ({
    name,
    values: [
      cost(variants.of('none', 1), traffic),
      ...sizes.map((size) => cost(variants.of(rules, size), traffic)),
    ],
  });
  return {
    ...overGuests(['0', ...sizes.map((size) => size.toLocaleString('en-US'))]),
    name: 'per-packet',
    title: 'CPU time for a packet of 64 bytes, sender and bridge included',
    series: directions.flatMap((direction) =>
      (['virt-shaper', 'the old way'] as const).map((rules) =>
        line(`${rules}, ${direction === 'out' ? 'sending' : 'receiving'}`, rules, `64 bytes, ${direction}`),
      ),
    ),
  };
}
