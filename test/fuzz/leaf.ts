// Any leaf that the configuration takes, as TOML: each parameter left out, at its bounds or somewhere between.
import fc from 'fast-check';
import { diffservs, isolations, type LeafKind, leafKinds } from '../../src/config/leaf.ts';
import { formatTime } from '../../src/units/time.ts';

const number = (min: number, max: number) =>
  fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max })).map(String);
const time = (min: number, max: number, whole = 1) =>
  fc
    .oneof(
      fc.constantFrom(min, max),
      fc.integer({ min: min / whole, max: max / whole }).map((n) => n * whole),
    )
    .map((microseconds) => (microseconds === 0 ? '"0s"' : `"${formatTime(microseconds)}"`));
const word = (...words: readonly string[]) => fc.constantFrom(...words).map((one) => `"${one}"`);
const yesOrNo = fc.constantFrom('true', 'false');
const memory = number(65_536, 2 ** 31 - 1);

const parameters: Record<LeafKind, Record<string, fc.Arbitrary<string>>> = {
  bfifo: { limit: number(1514, 2 ** 31 - 1) },
  fq_codel: {
    target: time(100, 99_999),
    interval: time(100_000, 100_000_000),
    limit: number(1, 1_000_000),
    flows: number(1, 65_536),
    quantum: number(256, 2 ** 20),
    memory_limit: memory,
    ecn: yesOrNo,
  },
  sfq: {
    limit: number(2, 1024),
    depth: number(1, 127),
    quantum: number(256, 65_536),
    perturb: time(0, 3600_000_000, 1_000_000),
  },
  cake: {
    rtt: time(100, 100_000_000),
    isolation: word(...isolations),
    diffserv: word(...diffservs),
    nat: yesOrNo,
    ack_filter: yesOrNo,
    split_gso: yesOrNo,
    memory_limit: memory,
  },
};

export function leafOf(kind: LeafKind): fc.Arbitrary<string> {
  return fc.record(parameters[kind], { requiredKeys: [] }).map((chosen) => {
    const entries = Object.entries(chosen).map(([key, value]) => `, ${key} = ${value}`);
    return `{ kind = "${kind}"${entries.join('')} }`;
  });
}

export const anyLeaf = fc.oneof(word(...leafKinds), ...leafKinds.map(leafOf));
