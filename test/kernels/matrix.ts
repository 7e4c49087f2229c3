// The results of the latest runs, kernel by kernel, as the table of docs/kernels.md.
import { asCell, jobRows, jsonIn, type Result, type Results } from '../support/matrix.ts';
import { makeTable, mergeTables, parseTable, tableText } from '../support/table.ts';
import type { Chosen } from './chosen.ts';

const unknown: Chosen = { release: '?', redirect: '?', leaf: '?', lacking: [], doctor: [] };

/** @param former a page with such a table: what it says of other runs stays */
export function toMarkdown(results: Results, former = ''): string {
  const kernels = [...results.values()].filter((of) => of.size > 0);
  const chosen = kernels.map((of) => jsonIn<Chosen>(of.get('chosen')) ?? unknown);
  const heads: [string, string[]][] = [
    ['redirect', chosen.map(({ redirect }) => redirect)],
    ['leaf', chosen.map(({ leaf }) => leaf)],
    ['other leaves', chosen.map(othersOf)],
    ['doctor', kernels.map((of) => asCell(of.get('chosen')))],
  ];
  const measured = figures
    .map(({ title, read }): [string, string[]] => [
      title,
      kernels.map((of) => read(of.get('demo')?.output ?? '') ?? ''),
    ])
    .filter(([, values]) => values.some((value) => value !== ''));
  const releases = chosen.map(({ release }) => release);
  const fresh = makeTable(releases, [...heads, ...jobRows(kernels, ['chosen'], cellOf), ...measured]);
  const titles = figures.map(({ title }) => title);
  return tableText(
    mergeTables(parseTable(former), fresh),
    heads.map(([head]) => head),
    titles,
  );
}

/** A demo is one command to its runner; what counts are the rows of its table. */
function cellOf(result: Result | undefined): string {
  const rows = result?.output.match(new RegExp(columns, 'gm')) ?? [];
  if (!result?.name.startsWith('demo') || rows.length === 0) return asCell(result);
  const reached = rows.filter((row) => !row.endsWith('NO')).length;
  return `${reached} of ${rows.length} figures${result.failed > 0 ? ', **failed**' : ''}`;
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
  { title: 'UDP out, of the ceil', read: ratioOf('\\w+ UDP out') },
  { title: 'UDP in, of the ceil', read: ratioOf('\\w+ UDP in') },
  { title: 'out while in is full, of alone', read: ratioOf('\\w+ TCP out of both, x\\d+') },
  { title: 'in while out is full, of alone', read: ratioOf('\\w+ TCP in of both, x\\d+') },
  { title: 'its own ping meanwhile, ms more than idle', read: waitOf('30|90') },
  { title: "a neighbour's, ms more than idle", read: waitOf('5') },
];

function othersOf({ release, lacking }: Chosen): string {
  if (release === unknown.release) return '?';
  return ['cake', 'sfq'].filter((kind) => !lacking.includes(kind)).join(', ') || 'none';
}
