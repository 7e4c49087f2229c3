// What runs in each userland: the tests of test/kernel, and those that load with one and read with the other.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Job {
  name: string;
  /** Arguments of node. */
  args: string[];
  /** `inside`: in the other Debian; `beside`: on this machine, with the other's nft, tc and ip at hand. */
  where: 'inside' | 'beside';
  judge: 'tests' | 'command';
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** @param words what a job's name has in it, one of them; without any: all jobs */
export function listJobs(words: string[]): Job[] {
  const inside = (file: string): Job => ({
    name: file.replace('.test.ts', ''),
    args: ['--import', 'tsx', `test/${file}`],
    where: 'inside',
    judge: 'tests',
  });
  const tests = readdirSync(`${root}test/kernel`).filter((name) => name.endsWith('.test.ts'));
  const jobs: Job[] = [
    { ...inside('userlands/versions.ts'), name: 'versions', judge: 'command' },
    { ...inside('userlands/cross.test.ts'), name: 'cross', where: 'beside' },
    ...tests.sort().map((file) => inside(`kernel/${file}`)),
  ];
  return jobs.filter(
    ({ name }) => name === 'versions' || words.length === 0 || words.some((word) => name.includes(word)),
  );
}
