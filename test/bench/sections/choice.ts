// What the rules were chosen by: the ways that nft has to find out whose a frame is, without queues, on the same bridges as in
// per-packet.ts. The choice is made, so this is measured when somebody wants to make it again.
import { loadWay, type Way, ways } from '../packets/rulesets.ts';
import { flood } from '../packets/traffic.ts';
import { cost, count, note, overGuests, row, sizesOf, Variants } from '../packets/variants.ts';
import type { Measure } from '../section.ts';

/** How a frame is told apart costs the same both ways, and the less the frame, the more of its cost. */
const traffic = '64 bytes, out';

export const measure: Measure = async (bench) => {
  const sizes = sizesOf(bench);
  const variants = new Variants<Way | 'none'>(bench);
  await variants.add('none', 1, async () => {});
  for (const size of sizes) {
    for (const way of ways) await variants.add(way, size, (path) => loadWay(path, way));
  }
  const rounds = bench.quick ? 1 : 4;
  for (let round = 1; round <= rounds; round += 1) {
    bench.progress(`round ${round} of ${rounds}`);
    for (const variant of variants.all) {
      note(variant, traffic, await flood(variant.path, 'out', bench.quick ? 0.25 : 0.5));
    }
  }
  const nothing = cost(variants.of('none', 1), traffic);
  return {
    name: 'choice',
    title: 'How a frame is told apart: carried by one CPU',
    rows: sizes.flatMap((size) =>
      (['two maps', 'a rule each'] as const).map((way) =>
        row(
          `nft alone: verdict map, ${count(size)}`,
          traffic,
          variants.of('verdict map', size),
          variants.of(way, size),
          way,
        ),
      ),
    ),
    plots: [
      {
        ...overGuests(['0', ...sizes.map((size) => size.toLocaleString('en-US'))]),
        name: 'per-packet-choice',
        title: 'CPU time for a packet of 64 bytes: ways to find out whose it is, without queues',
        series: ways.map((way) => ({
          name: way,
          values: [nothing, ...sizes.map((size) => cost(variants.of(way, size), traffic))],
        })),
      },
    ],
  };
};
