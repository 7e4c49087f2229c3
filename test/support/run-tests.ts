// Runs typecheck, lint and every test/**/*.test.ts, each in a process of its own, or with the others of its folder below
// test/unit where it only calls functions, and adds up what they say.
//
//   node --import tsx test/support/run-tests.ts [--dir DIR] [--timeout SECONDS] [WORD...]
//
// A WORD picks what has it in its name. Files below kernel/, lab/ and bench/ run in network namespaces of
// their own; those below lab/ and bench/ measure, so they run last and alone. All others wait more than they
// compute: two more of them at once than there are CPUs, the long ones first. --dir is for the runner's test.
// The last line on stdout is "N passed, N failed, N skipped"; exit status 0 needs a test that passed.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { needsUnshare, netnsScript } from './needs.ts';
import { killAll, runProcess } from './process.ts';
import { isQuick } from './quick-files.ts';
import { judgeCommand, judgeTests, type Run, type Verdict } from './verdict.ts';

interface Job {
  name: string;
  command: string[];
  judge: (run: Run) => Verdict;
  /** Seconds. */
  limit: number;
  measures: boolean;
  /** Why it cannot run here. */
  skip?: string | undefined;
}

/** Seconds, many times what each takes by itself: a machine may be busy with something else, or five times slower. */
const patience = 1200;

const root = fileURLToPath(new URL('../../', import.meta.url));
const quickScript = fileURLToPath(new URL('quick.ts', import.meta.url));
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { dir: { type: 'string' }, timeout: { type: 'string' } },
});

const isMeant = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
const jobs = [
  ...(options.dir ? [] : checks().filter(({ name }) => isMeant(name))),
  ...testFiles(resolve(options.dir ?? join(root, 'test'))),
];
const scratch = mkdtempSync(join(tmpdir(), 'virt-shaper-test-'));
const cleanUp = () => {
  killAll();
  rmSync(scratch, { recursive: true, force: true });
};
process.on('exit', cleanUp);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const verdicts = new Map<string, Verdict>();
await runAll(
  jobs.filter((job) => !job.measures).sort((one, other) => lengthOf(other) - lengthOf(one)),
  availableParallelism() + 2,
);
await runAll(
  jobs.filter((job) => job.measures),
  1,
);
process.exitCode = summarise() ? 0 : 1;

function checks(): Job[] {
  const check = (name: string, ...command: string[]): Job => {
    return { name, command, judge: judgeCommand, limit: 300, measures: false };
  };
  return [
    check('typecheck', 'node_modules/.bin/tsc', '--noEmit'),
    check('lint', 'node_modules/.bin/biome', 'check', '.'),
  ];
}

function testFiles(dir: string): Job[] {
  const all = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && isMeant(`${basename(dir)}/${file}`))
    .sort();
  const folders = options.dir ? new Map<string, string[]>() : quickFolders(all);
  const together = new Set([...folders.values()].flat());
  const files = all.filter((file) => !together.has(file));
  const namespaced = (file: string) => /^(kernel|lab|bench)\//.test(file);
  const noNamespace = files.some(namespaced) ? needsUnshare() : undefined;
  const inFolders = [...folders].map(([folder, quick]): Job => {
    const command = [process.execPath, '--import', 'tsx', quickScript, '--whole', ...quick];
    return { name: `test/${folder}`, command, judge: judgeTests, limit: patience, measures: false };
  });
  const each = files.map((file): Job => {
    const measures = /^(lab|bench)\//.test(file);
    const node = [process.execPath, '--import', 'tsx', join(dir, file)];
    return {
      name: `${basename(dir)}/${file}`,
      command: namespaced(file) ? ['sh', netnsScript, ...node] : node,
      judge: judgeTests,
      limit: Number(options.timeout ?? patience * (measures || /^(nodes|libvirt)\//.test(file) ? 2 : 1)),
      measures,
      skip: namespaced(file) ? noNamespace : undefined,
    };
  });
  return [...inFolders, ...each];
}

/** Tests of functions share a process with those of the same folder of src: by itself each would take a second to begin. */
function quickFolders(files: string[]): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    const folder = /^unit\/[^/]+(?=\/)/.exec(file)?.[0];
    if (folder && isQuick(file)) folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return folders;
}

/** Minutes, seconds or less: what ends last should not begin last. */
function lengthOf({ name }: Job): number {
  if (/\/(nodes|libvirt)\//.test(name)) return 2;
  return name.includes('/kernel/') ? 1 : 0;
}

async function runAll(jobs: Job[], atOnce: number): Promise<void> {
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await runJob(job);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function runJob({ name, command, judge, limit, skip }: Job): Promise<void> {
  if (skip !== undefined) {
    verdicts.set(name, { passed: 0, failed: 0, skipped: [`the whole file -- ${skip}`] });
    console.log(`skip  ${name}`);
    return;
  }
  const started = Date.now();
  const run = await runProcess(command, { cwd: root, scratch, limit });
  const verdict = judge(run);
  verdicts.set(name, verdict);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${verdict.failed ? 'FAIL' : 'ok  '}  ${name}  ${seconds} s  ${describe(verdict)}`);
  if (verdict.failed) console.log(`\n${run.output.trimEnd()}\n`);
  if (verdict.problem) console.log(`${name}: ${verdict.problem}\n`);
}

function summarise(): boolean {
  const sum = { passed: 0, failed: 0, skipped: [] as string[] };
  const failures: string[] = [];
  for (const [name, { passed, failed, skipped, names, problem }] of verdicts) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped.push(...skipped.map((test) => `skipped  ${name}: ${test}`));
    if (failed) failures.push(`failed   ${name}: ${problem ?? names?.join('; ') ?? `${failed} failed`}`);
  }
  // What failed comes last: where only the end of a long output is kept, it is that which is looked for.
  console.log(['', ...sum.skipped, ...failures].join('\n'));
  if (verdicts.size === 0) console.log(`no test has ${words.join(' or ')} in its name`);
  console.log(describe(sum, true));
  return sum.failed === 0 && sum.passed > 0;
}

function describe({ passed, failed, skipped }: Verdict, always = false): string {
  const counts = { passed, failed, skipped: skipped.length };
  return Object.entries(counts)
    .filter(([word, count]) => always || count > 0 || word === 'passed')
    .map(([word, count]) => `${count} ${word}`)
    .join(', ');
}
