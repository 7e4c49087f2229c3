// What runs in each emulated machine, and what it says of itself. The list goes into the machine as jobs.json, the
// results come out of it one by one as lines of results.jsonl.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Job {
  name: string;
  /** Run in namespaces of its own (test/support/netns.sh). */
  command: string[];
  /** `tests`: counted as uvu says; `command`: by its exit status. */
  judge: 'tests' | 'command';
  /** Measures, so it runs alone. */
  alone: boolean;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Compiled beforehand (compileCheckout): tsx takes fifteen seconds to start on an emulated CPU. */
const node = (file: string, ...args: string[]) => ['node', file.replace(/\.ts$/, '.js'), ...args];

/** @param words names, or what a job's name has in it, in the order in which they are to be run; without any: all jobs */
export function listJobs(words: string[]): Job[] {
  const tests = readdirSync(`${root}test/kernel`).filter((name) => name.endsWith('.test.ts'));
  const jobs: Job[] = [
    { name: 'chosen', command: node('test/kernels/chosen.ts'), judge: 'command', alone: true },
    ...tests.sort().map((file) => test(`kernel/${file}`, false)),
    test('lab/netns.test.ts', false),
    demo('demo'),
    demo('demo-bfifo-bpf', '--leaf', 'bfifo', '--redirect', 'bpf'),
    demo('demo-u32', '--redirect', 'u32'),
    test('lab/old-hook.test.ts', true),
    test('lab/reload.test.ts', true),
  ];
  const [chosen, ...others] = jobs as [Job, ...Job[]];
  const wanted = (words.length > 0 ? words : ['']).flatMap((word) => {
    const exactly = others.filter(({ name }) => name === word);
    return exactly.length > 0 ? exactly : others.filter(({ name }) => name.includes(word));
  });
  return [chosen, ...new Set(wanted)];
}

function test(name: string, alone: boolean): Job {
  return { name: name.replace('.test.ts', ''), command: node(`test/${name}`), judge: 'tests', alone };
}

function demo(name: string, ...args: string[]): Job {
  return { name, command: node('test/lab/demo.ts', ...args), judge: 'command', alone: true };
}
