// docs/performance.md: its text is written by people, and between its markers stand tables and pictures of the last
// runs. The figures themselves are beside the pictures, as JSON, and those of a section stay until it is measured again,
// wherever that is done.
//
//     <!-- bench: NAME -->   a section; or "short": what most want to know; "figures": all that are asked for; "machine":
//                            where it was measured
//     <!-- /bench -->
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillMarked } from '../support/marked.ts';
import { format } from './format.ts';
import { machineLine } from './machine.ts';
import { draw } from './plot/draw.ts';
import type { Result } from './results.ts';
import type { Row } from './section.ts';
import { asMarkdown, plotAsMarkdown } from './show.ts';
import { isMet } from './statistics.ts';

const page = 'docs/performance.md';
const folder = 'docs/performance';
const stored = 'results.json';

/**
 * @param measured sections that were measured anew
 * @param names of all sections, in the order in which they are shown
 * @throws when a result has no place, or was made by a quick run
 */
export function writeDocs(top: string, measured: Result[], names: string[]): void {
  const quick = measured.filter((result) => result.quick).map(({ name }) => name);
  if (quick.length > 0)
    throw new Error(`${quick.join(', ')}: the last run was a quick one, whose figures do not count`);
  const file = join(top, page);
  mkdirSync(join(top, folder), { recursive: true });
  const results = merge(readStored(join(top, folder, stored)), measured, names);
  writeFileSync(file, fill(readFileSync(file, 'utf8'), results));
  for (const plot of results.flatMap(({ plots }) => plots)) {
    writeFileSync(join(top, folder, `${plot.name}.svg`), draw(plot));
  }
  writeFileSync(join(top, folder, stored), `${JSON.stringify(results, null, 1)}\n`);
}

/** @returns those of both, the measured one where both have it; none of a section that there is no more */
function merge(former: Result[], measured: Result[], names: string[]): Result[] {
  return names.flatMap((name) => {
    const isIt = (result: Result) => result.name === name;
    return measured.find(isIt) ?? former.find(isIt) ?? [];
  });
}

function readStored(file: string): Result[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result[]) : [];
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
  if (name === 'short') return short(results);
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

/** Those lines whose sections were all measured. */
function short(results: Result[]): string | undefined {
  const rowsOf = (section: string) => results.find(({ name }) => name === section)?.rows ?? [];
  const row = (section: string, what: string, bareIs?: string) =>
    rowsOf(section).find((one) => one.what === what && (bareIs === undefined || one.bareIs === bareIs));
  const value = (one: Row | undefined) => (one ? format(one.ours, one.unit) : undefined);
  const frame = row('per-packet', '64 bytes, out: 1,000 guests', 'no rules')?.note?.split(
    ' a frame, beside it ',
  );
  const exact = rowsOf('accuracy').filter(({ target, what }) => target?.most && /^(TCP|UDP)/.test(what));
  const met = exact.filter((one) => isMet(one));
  const worst = Math.max(0, ...met.map(({ ratio = 1 }) => Math.abs(ratio - 1)));
  const missed = exact.length - met.length;
  const lines: [string, string | undefined][] = [
    [
      "a guest's start waits, with one guest running",
      value(row('hook', 'hook, start of a guest, 1 running')),
    ],
    ['the same with 1,000 guests running', value(row('hook', 'hook, start of a guest, 1,000 running'))],
    [
      '1,000 guests are loaded on a clean host in',
      value(row('scaling', 'load on a clean host, 1,000 guests')),
    ],
    [
      'a frame of 64 bytes takes, 1,000 guests running, beside no rules at all',
      frame && `${frame[0]}, beside ${frame[1]}`,
    ],
    [
      'what arrives of a ceil, TCP and UDP, 1 mbit to 1 gbit, is off by at most',
      exact.length > 0
        ? `${(100 * worst).toFixed(1)} %${missed > 0 ? `, but for ${missed} of ${exact.length}: NO in [its table](#accuracy)` : ''}`
        : undefined,
    ],
    [
      'packets lost in 100 reloads under traffic, sending and receiving',
      value(row('reloads', 'packets lost, sending')),
    ],
  ];
  if (lines.some(([, shown]) => shown === undefined)) return undefined;
  return `\n| what | |\n| --- | ---: |\n${lines.map(([what, shown]) => `| ${what} | ${shown} |\n`).join('')}\n`;
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
