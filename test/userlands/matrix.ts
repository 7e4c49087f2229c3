// The results of the latest runs, userland by userland, as the table of docs/kernels.md.
import { jobRows, jsonIn, type Results } from '../support/matrix.ts';
import { makeTable, mergeTables, parseTable, tableText } from '../support/table.ts';
import type { Versions } from './versions.ts';

const unknown: Versions = { nft: '?', iproute2: '?', node: '?' };

/** @param former a page with such a table: what it says of other runs stays */
export function toMarkdown(results: Results, former = ''): string {
  const there = [...results].filter(([, of]) => of.size > 0);
  const places = there.map(([, of]) => of);
  const versions = places.map((of) => jsonIn<Versions>(of.get('versions')) ?? unknown);
  const heads: [string, string[]][] = [
    ['nft', versions.map(({ nft }) => nft)],
    ['iproute2', versions.map(({ iproute2 }) => iproute2)],
    ['Node.js', versions.map(({ node }) => node)],
  ];
  const fresh = makeTable(
    there.map(([suite]) => `Debian's ${suite}`),
    [...heads, ...jobRows(places, ['versions'])],
  );
  return tableText(
    mergeTables(parseTable(former), fresh),
    heads.map(([head]) => head),
  );
}
