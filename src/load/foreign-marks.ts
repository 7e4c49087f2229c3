// Finds tables of others that set marks of our range. All tables of a host share the packet's mark, so such a table puts
// packets into guests' classes, or takes guests' packets out of them. It is left alone, and a warning names it. Rules of
// iptables-legacy are not found.

import type { State } from '../kernel/objects.ts';
import { tableName } from '../plan/names.ts';
import type { Run } from '../system/exec.ts';

/**
 * Asks nft for the tables of others. Call it when our table is about to be made: a conflict begins then, and before that the
 * listing is without our own, which may be long.
 * @param checked resolved when nft has checked our ruleset: a listing may show a table that nft only checks
 * @returns a warning for each table
 */
export function askForeignMarks(run: Run, wanted: State, checked = Promise.resolve()): Promise<string[]> {
  const ask = async () => findForeignMarks((await run('nft', ['-s', 'list', 'ruleset'])).stdout, wanted);
  const found = checked.then(ask);
  found.catch(() => {}); // The caller that awaits it gets the error.
  return found;
}

/** @param listing output of `nft list ruleset` @returns a warning for each table */
export function findForeignMarks(listing: string, { objects }: State): string[] {
  const marks = [...objects.values()].filter(({ kind }) => kind === 'filter').map(({ id }) => Number(id));
  return findMarksBeside(listing, marks);
}

/** @param ours our marks: others of the same ranges are searched */
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

/** A range is all marks with the same upper 16 bits. */
function rangeOf(mark: number): number {
  return mark >>> 16;
}
