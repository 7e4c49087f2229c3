// What was measured, kept as JSON: one file for each section, so that a section can be measured anew by itself.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import type { Section } from './section.ts';

export interface Result extends Section {
  machine: Machine;
  quick: boolean;
  /** How long it took. */
  seconds: number;
}

export function writeResult(folder: string, result: Result): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.name}.json`), `${JSON.stringify(result, null, 1)}\n`);
}

/** @param names in the order in which they are returned; those that are not there are left out */
export function readResults(folder: string, names: string[]): Result[] {
  return names.flatMap((name) => {
    const file = join(folder, `${name}.json`);
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as Result] : [];
  });
}
