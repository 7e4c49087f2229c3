// The results of the latest runs, kept kernel by kernel, as the table of docs/kernels.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chosen } from './chosen.ts';
import type { Result } from './jobs.ts';

/** Kernel -> job -> its latest result. */
export type Results = Map<string, Map<string, Result>>;

export function readResults(folder: string, kernels: string[]): Results {
  return new Map(kernels.map((kernel) => [kernel, new Map(Object.entries(readKept(folder, kernel)))]));
}

export function keepResult(folder: string, kernel: string, result: Result): void {
  const kept = { ...readKept(folder, kernel), [result.name]: result };
  writeFileSync(fileOf(folder, kernel), `${JSON.stringify(kept, undefined, 1)}\n`);
}

function readKept(folder: string, kernel: string): Record<string, Result> {
  const file = fileOf(folder, kernel);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

function fileOf(folder: string, kernel: string): string {
  return join(folder, `${kernel}.results.json`);
}

export function toMarkdown(results: Results): string {
  const kernels = [...results.values()].filter((of) => of.size > 0);
  const chosen = kernels.map(readChosen);
  const jobs = [...new Set(kernels.flatMap((of) => [...of.keys()]))]
    .filter((name) => name !== 'chosen')
    .sort();
  return [
    row(
      '',
      chosen.map(({ release }) => release),
    ),
    row(
      '---',
      kernels.map(() => '---'),
    ),
    row(
      'redirect',
      chosen.map(({ redirect }) => redirect),
    ),
    row(
      'leaf',
      chosen.map(({ leaf }) => leaf),
    ),
    row('other leaves', chosen.map(othersOf)),
    row(
      'doctor',
      kernels.map((of) => shown(of.get('chosen'))),
    ),
    ...jobs.map((name) =>
      row(
        name,
        kernels.map((of) => shown(of.get(name))),
      ),
    ),
    ...figures.flatMap(({ title, read }) => {
      const values = kernels.map((of) => read(of.get('demo')?.output ?? '') ?? '');
      return values.some((value) => value !== '') ? [row(title, values)] : [];
    }),
    '',
  ].join('\n');
}

/** What the demo's table (lab/table.ts) ends a row with: expected, received, their ratio. */
const columns = ' +([\\d.]+) +([\\d.]+) +([\\d.]+) +(?:yes|NO|2nd try)$';
const ratioOf = (what: string) => (output: string) =>
  output.match(new RegExp(`^  ${what} .*?${columns}`, 'm'))?.[3];
/** Of a row of pings, whose first column is what they took while idle and `allowed` more. */
const waitOf = (allowed: string) => (output: string) => {
  const found = output.match(new RegExp(`pings meanwhile, ms +idle \\+ (${allowed})${columns}`, 'm'));
  return found ? Math.max(0, Number(found[3]) - Number(found[2]) + Number(found[1])).toFixed(1) : undefined;
};
const figures = [
  { title: 'TCP out, of the ceil', read: ratioOf('\\w+ TCP out') },
  { title: 'TCP in, of the ceil', read: ratioOf('\\w+ TCP in') },
  { title: 'out while in is full, of alone', read: ratioOf('\\w+ TCP out of both, x\\d+') },
  { title: 'in while out is full, of alone', read: ratioOf('\\w+ TCP in of both, x\\d+') },
  { title: 'its own ping meanwhile, ms more than idle', read: waitOf('30|90') },
  { title: "a neighbour's, ms more than idle", read: waitOf('5') },
];

function row(head: string, cells: string[]): string {
  return `| ${[head, ...cells].join(' | ')} |`;
}

function shown(result: Result | undefined): string {
  if (!result) return '';
  const { passed, failed, skipped } = result;
  return [
    `${passed}`,
    ...(failed > 0 ? [`**${failed} failed**`] : []),
    ...(skipped.length > 0 ? [`${skipped.length} skipped`] : []),
  ].join(', ');
}

const unknown: Chosen = { release: '?', redirect: '?', leaf: '?', lacking: [], doctor: [] };

function readChosen(of: Map<string, Result>): Chosen {
  const line = of
    .get('chosen')
    ?.output.split('\n')
    .find((text) => text.startsWith('{'));
  return line === undefined ? unknown : (JSON.parse(line) as Chosen);
}

function othersOf({ release, lacking }: Chosen): string {
  if (release === unknown.release) return '?';
  return ['cake', 'sfq'].filter((kind) => !lacking.includes(kind)).join(', ') || 'none';
}
