// Results of suites that run the same jobs in several places (kernels, userlands): kept place by place in a folder, each
// job's latest, and shown as a table (table.ts) with a column for each place.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from './verdict.ts';

export interface Result extends Verdict {
  name: string;
  seconds: number;
  output: string;
}

/** Place -> job -> its latest result. */
export type Results = Map<string, Map<string, Result>>;

export function readResults(folder: string, places: string[]): Results {
  return new Map(places.map((place) => [place, new Map(Object.entries(readKept(folder, place)))]));
}

export function keepResult(folder: string, place: string, result: Result): void {
  const kept = { ...readKept(folder, place), [result.name]: result };
  writeFileSync(fileOf(folder, place), `${JSON.stringify(kept, undefined, 1)}\n`);
}

function readKept(folder: string, place: string): Record<string, Result> {
  const file = fileOf(folder, place);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

function fileOf(folder: string, place: string): string {
  return join(folder, `${place}.results.json`);
}

/** A row for each job that was run in one of the places. @param but jobs that have no row */
export function jobRows(places: Map<string, Result>[], but: string[], cellOf = asCell): [string, string[]][] {
  const jobs = new Set(places.flatMap((of) => [...of.keys()]));
  return [...jobs]
    .filter((name) => !but.includes(name))
    .map((name) => [name, places.map((of) => cellOf(of.get(name)))]);
}

export function asCell(result: Result | undefined): string {
  if (!result) return '';
  const { passed, failed, skipped } = result;
  return [
    `${passed}`,
    ...(failed > 0 ? [`**${failed} failed**`] : []),
    ...(skipped.length > 0 ? [`${skipped.length} skipped`] : []),
  ].join(', ');
}

/** What a job says as JSON in a line of its output. */
export function jsonIn<T>(result: Result | undefined): T | undefined {
  const line = result?.output.split('\n').find((text) => text.startsWith('{'));
  return line === undefined ? undefined : (JSON.parse(line) as T);
}

/** A line for who waits, all of the output of what failed, and why what was skipped was. */
export function printResult(place: string, result: Result): void {
  const { name, seconds, passed, failed, skipped, output, problem } = result;
  const counts = `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
  console.log(`${failed > 0 ? 'FAIL' : 'ok  '}  ${place}  ${name}  ${seconds} s  ${counts}`);
  if (failed > 0) console.log(`\n${output.trimEnd()}\n${problem ?? ''}\n`);
  for (const reason of skipped) console.log(`      skipped: ${reason}`);
}

/** Counts for the last line, "N passed, N failed, N skipped". */
export class Sum {
  passed = 0;
  failed = 0;
  skipped = 0;

  add({ passed, failed, skipped }: Verdict): void {
    this.passed += passed;
    this.failed += failed;
    this.skipped += skipped.length;
  }

  /** Also makes it this process's exit status. */
  print(): void {
    console.log(`${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    process.exitCode = this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}
