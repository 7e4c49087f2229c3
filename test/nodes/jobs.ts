// What runs with each Node.js: the tests that start the built program, which is what people have.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { netnsScript } from '../support/needs.ts';

export interface Job {
  name: string;
  /** What it is started by, its Node.js included. */
  command: string[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Of the unit tests, those that start what is built. */
const units = ['cli/completion', 'launch', 'packaging/archive'];
/** In CI, which has not the time for all. */
export const core = [
  'kernel/node',
  'unit/launch',
  'unit/cli/completion',
  'kernel/redirects',
  'kernel/hooks',
  'kernel/top',
];

/** @param words what a job's name has in it, one of them; without any: all jobs */
export function listJobs(words: string[]): Job[] {
  const inKernel = readdirSync(`${root}test/kernel`)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `kernel/${name.replace('.test.ts', '')}`);
  const names = [...units.map((name) => `unit/${name}`), ...inKernel.sort()];
  return names
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .map((name) => ({
      name,
      command: [...(name.startsWith('kernel/') ? ['sh', netnsScript] : []), ...node(name)],
    }));
}

function node(name: string): string[] {
  return [process.execPath, '--import', 'tsx', '--import', './test/nodes/under.mjs', `test/${name}.test.ts`];
}
