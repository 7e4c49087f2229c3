// Marks are shared by all of a host's tables. One that sets marks of our range takes packets for guests that
// are none, or guests' packets for its own: it is left alone and named. Rules of iptables-legacy are not seen.

import type { State } from '../kernel/objects.ts';
import { tableName } from '../plan/names.ts';
import type { Run } from '../system/exec.ts';

/**
 * For when our table is made, the moment at which the two would collide, and before it is, so that nft does not list all
 * of it with theirs.
 * @param checked when nft, which shows for a moment what it only checks, has done so
 * @returns a sentence for each table
 */
export function askForeignMarks(run: Run, wanted: State, checked = Promise.resolve()): Promise<string[]> {
  const ask = async () => findForeignMarks((await run('nft', ['-s', 'list', 'ruleset'])).stdout, wanted);
  const found = checked.then(ask);
  found.catch(() => {}); // Whoever awaits it hears of it.
  return found;
}

/** @param listing what `nft list ruleset` prints @returns a sentence for each table */
export function findForeignMarks(listing: string, { objects }: State): string[] {
  const marks = [...objects.values()].filter(({ kind }) => kind === 'filter').map(({ id }) => Number(id));
  return findMarksBeside(listing, marks);
}

/** @param ours marks of ours: those of the same ranges are looked for */
export function findMarksBeside(listing: string, ours: number[]): string[] {
  const ranges = new Set(ours.map(rangeOf));
  const found = new Map<string, string>();
  let table = '';
  for (const line of listing.split('\n')) {
    table = line.match(/^table (\S+ \S+) \{/)?.[1] ?? table;
    const mark = line.match(/\bmark set (0x[0-9a-f]+)/)?.[1];
    if (mark && table !== `bridge ${tableName}` && ranges.has(rangeOf(Number(mark)))) found.set(table, mark);
  }
  return [...found].map(
    ([name, mark]) =>
      `table ${name} sets the mark ${mark}, which is in virt-shaper's range: ` +
      'give it another, or virt-shaper another range with [marks] base',
  );
}

/** The range of a base: all that has its upper 16 bits. */
function rangeOf(mark: number): number {
  return mark >>> 16;
}
