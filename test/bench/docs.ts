// docs/performance.md: its text is written by people, and between its markers stand tables and pictures of the last
// runs. The figures themselves are beside the pictures, as JSON.
//
//     <!-- bench: NAME -->   a section; or "figures": all that are asked for; or "machine": where it was measured
//     <!-- /bench -->
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillMarked } from '../support/marked.ts';
import { machineLine } from './machine.ts';
import { draw } from './plot/draw.ts';
import type { Result } from './results.ts';
import { asMarkdown, plotAsMarkdown } from './show.ts';

const page = 'docs/performance.md';
const folder = 'docs/performance';

/** @throws when a result has no place, or was made by a quick run */
export function writeDocs(top: string, results: Result[]): void {
  const quick = results.filter((result) => result.quick).map(({ name }) => name);
  if (quick.length > 0)
    throw new Error(`${quick.join(', ')}: the last run was a quick one, whose figures do not count`);
  const file = join(top, page);
  writeFileSync(file, fill(readFileSync(file, 'utf8'), results));
  mkdirSync(join(top, folder), { recursive: true });
  for (const plot of results.flatMap(({ plots }) => plots)) {
    writeFileSync(join(top, folder, `${plot.name}.svg`), draw(plot));
  }
  writeFileSync(join(top, folder, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
}

/** What stands between the markers of sections that were not measured stays. */
export function fill(text: string, results: Result[]): string {
  return fillMarked(
    text,
    'bench',
    (name) => contentOf(name, results),
    results.map(({ name }) => name),
  );
}

function contentOf(name: string, results: Result[]): string | undefined {
  if (results.length === 0) return undefined;
  if (name === 'machine') return machines(results);
  if (name === 'figures') return figures(results);
  const result = results.find((one) => one.name === name);
  if (!result) return undefined;
  const pictures = result.plots.map(
    (plot) => `\n![${plot.title}](performance/${plot.name}.svg)\n${withGap(plotAsMarkdown(plot))}`,
  );
  return `\n${asMarkdown(result.rows)}${pictures.join('')}\n`;
}

function withGap(table: string): string {
  return table === '' ? '' : `\n${table}`;
}

function figures(results: Result[]): string {
  return `\n${asMarkdown(results.flatMap(({ rows }) => rows.filter(({ target }) => target)))}\n`;
}

/** One line where all was measured under the same conditions. */
function machines(results: Result[]): string {
  const byLine = new Map<string, string[]>();
  for (const { name, machine } of results) {
    const line = `${machineLine(machine)}. virt-shaper ${machine.commit}, ${machine.date}`;
    byLine.set(line, [...(byLine.get(line) ?? []), name]);
  }
  const lines = [...byLine].map(([line, names]) =>
    byLine.size === 1 ? `${line}.` : `- ${names.join(', ')}: ${line}.`,
  );
  return `\n${lines.join('\n')}\n\n`;
}
