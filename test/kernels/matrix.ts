// The results of the latest runs, kernel by kernel, as the table of docs/kernels.md.
import { asCell, jobRows, jsonIn, type Results, tableHead, tableRow } from '../support/matrix.ts';
import type { Chosen } from './chosen.ts';

const unknown: Chosen = { release: '?', redirect: '?', leaf: '?', lacking: [], doctor: [] };

export function toMarkdown(results: Results): string {
  const kernels = [...results.values()].filter((of) => of.size > 0);
  const chosen = kernels.map((of) => jsonIn<Chosen>(of.get('chosen')) ?? unknown);
  const rowOf = (head: string, cell: (one: Chosen) => string) => tableRow(head, chosen.map(cell));
  return [
    ...tableHead(chosen.map(({ release }) => release)),
    rowOf('redirect', ({ redirect }) => redirect),
    rowOf('leaf', ({ leaf }) => leaf),
    rowOf('other leaves', othersOf),
    tableRow(
      'doctor',
      kernels.map((of) => asCell(of.get('chosen'))),
    ),
    ...jobRows(kernels, ['chosen']),
    ...figures.flatMap(({ title, read }) => {
      const values = kernels.map((of) => read(of.get('demo')?.output ?? '') ?? '');
      return values.some((value) => value !== '') ? [tableRow(title, values)] : [];
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

function othersOf({ release, lacking }: Chosen): string {
  if (release === unknown.release) return '?';
  return ['cake', 'sfq'].filter((kind) => !lacking.includes(kind)).join(', ') || 'none';
}
