// Medians of runs that take turns. Which of two is faster changes from second to second on a machine that does
// other things too, so a ratio is taken of each pair of neighbours, and the median of these is the figure.
import type { Row } from './section.ts';

/** @throws when there is none */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  if (low === undefined || high === undefined) throw new Error('no values');
  return (low + high) / 2;
}

/** @throws when there is none */
export function spread(values: number[]): [number, number] {
  if (values.length === 0) throw new Error('no values');
  return [Math.min(...values), Math.max(...values)];
}

type Figures = Pick<Row, 'ours' | 'bare' | 'ratio' | 'spread'>;

/** A figure by itself. */
export function figures(ours: number[]): Figures {
  return { ours: median(ours), spread: spread(ours) };
}

/** @param bare as many as `ours`: the n-th of both were measured next to each other */
export function compared(ours: number[], bare: number[]): Figures {
  if (ours.length !== bare.length) throw new Error(`${ours.length} runs against ${bare.length}`);
  const ratios = ours.map((value, i) => value / (bare[i] ?? Number.NaN));
  return { ours: median(ours), bare: median(bare), ratio: median(ratios), spread: spread(ratios) };
}

/** Whether a row is what it must be; `undefined` where nothing is asked of it. */
export function isMet({ ours, ratio, target }: Row): boolean | undefined {
  if (!target) return undefined;
  const value = ratio ?? ours;
  return value >= (target.least ?? Number.NEGATIVE_INFINITY) && value <= (target.most ?? Infinity);
}

/** Runs `kinds` in turn, `rounds` times; @returns the values of each kind, in the order of the rounds. */
export async function inTurn<K extends string>(
  rounds: number,
  kinds: Record<K, () => number | Promise<number>>,
): Promise<Record<K, number[]>> {
  const entries = Object.entries(kinds) as [K, () => number | Promise<number>][];
  const values = Object.fromEntries(entries.map(([kind]) => [kind, []])) as unknown as Record<K, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, run] of entries) values[kind].push(await run());
  }
  return values;
}
