// The results of the latest runs, userland by userland, as the table of docs/kernels.md.
import { jobRows, jsonIn, type Results, tableHead, tableRow } from '../support/matrix.ts';
import type { Versions } from './versions.ts';

const unknown: Versions = { nft: '?', iproute2: '?', node: '?' };

export function toMarkdown(results: Results): string {
  const there = [...results].filter(([, of]) => of.size > 0);
  const places = there.map(([, of]) => of);
  const versions = places.map((of) => jsonIn<Versions>(of.get('versions')) ?? unknown);
  const rowOf = (head: string, cell: (one: Versions) => string) => tableRow(head, versions.map(cell));
  return [
    ...tableHead(there.map(([suite]) => `Debian's ${suite}`)),
    rowOf('nft', ({ nft }) => nft),
    rowOf('iproute2', ({ iproute2 }) => iproute2),
    rowOf('Node.js', ({ node }) => node),
    ...jobRows(places, ['versions']),
    '',
  ].join('\n');
}
