// A run of the program taken apart. How long it takes is measured without a profiler, what is spent on what with one:
// the shares of the one are laid over the length of the other.
import type { Timed } from '../host/place.ts';
import type { Bench, Plot } from '../section.ts';
import { median } from '../statistics.ts';
import { type Part, parts, sharesOf } from './parts.ts';
import { probeEnv, readProbe } from './probe.ts';

export interface Subject {
  /** @param env what makes the program tell of itself */
  run: (env: Record<string, string>) => Promise<Timed>;
  /** Brings back what was before. */
  undo?: () => Promise<unknown>;
}

/** Seconds of each part. */
type Parts = Map<Part, number>;

/**
 * @param folder where the program may leave what it tells
 * @param subjects label -> what is run
 * @returns a picture of the medians of several runs
 */
export async function takeApart(
  bench: Bench,
  folder: string,
  picture: Pick<Plot, 'name' | 'title' | 'axis'>,
  subjects: Record<string, Subject>,
): Promise<Plot> {
  const rounds = bench.quick ? 1 : 2;
  const columns: Parts[] = [];
  for (const [label, subject] of Object.entries(subjects)) {
    bench.progress(`taken apart: ${label}`);
    const runs: Parts[] = [];
    for (let round = 0; round < rounds; round += 1) runs.push(await partsOf(subject, folder));
    columns.push(new Map(parts.map((part) => [part, median(runs.map((run) => run.get(part) ?? 0))])));
  }
  return {
    ...picture,
    kind: 'stacked',
    unit: 's',
    labels: Object.keys(subjects),
    series: shown.map(([name, own]) => ({
      name,
      values: columns.map((column) => own.reduce((sum, part) => sum + (column.get(part) ?? 0), 0)),
    })),
  };
}

/** As many as a picture can tell apart. */
const shown: [name: string, own: Part[]][] = [
  ['sh and Node.js start', ['sh and Node.js start']],
  ['loading the program', ['loading modules']],
  ['configuration, guests and plan', ['configuration', 'guests, policy and plan']],
  ['rendering, comparing, files', ['rendering', 'comparing with the kernel', 'files']],
  [
    'nft, tc, ip and the lock',
    ['starting processes', 'waiting for the lock', 'waiting for nft', 'waiting for tc and ip'],
  ],
  ['everything else', ['everything else', 'ending']],
];

async function partsOf({ run, undo }: Subject, folder: string): Promise<Parts> {
  const { began, ended } = await run(probeEnv(folder));
  const { bootstrapped, exit } = readProbe(folder);
  await undo?.();
  await run(probeEnv(folder, true));
  const shares = sharesOf(readProbe(folder));
  await undo?.();
  return new Map<Part, number>([
    ['sh and Node.js start', (bootstrapped - began) / 1e6],
    ...[...shares].map(([part, share]): [Part, number] => [part, (share * (exit - bootstrapped)) / 1e6]),
    ['ending', (ended - exit) / 1e6],
  ]);
}
