// Whose time it was: each sample of V8's profiler belongs to a part of the program's work, told by the innermost
// call that says so. While nothing is computed, it is that of the processes that are waited for. esbuild writes the
// name of each source file above what it took from it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Frame, Probed, Profile } from './probe.ts';

export const parts = [
  'sh and Node.js start',
  'loading modules',
  'configuration',
  'guests, policy and plan',
  'rendering',
  'comparing with the kernel',
  'files',
  'starting processes',
  'waiting for the lock',
  'waiting for nft',
  'waiting for tc and ip',
  'everything else',
  'ending',
] as const;
export type Part = (typeof parts)[number];

/** Whichever fits first. Of npm's packages those that are known by their use. */
const bySource: [pattern: RegExp, part: Part][] = [
  [/^src\/launch/, 'loading modules'],
  [/^src\/config\/|\/toml\//, 'configuration'],
  [/^src\/(guests|policy|plan|host)\/|^src\/pipeline|fast-xml-parser/, 'guests, policy and plan'],
  [/^src\/render\/|handlebars/, 'rendering'],
  [/^src\/(load|diff|kernel)\//, 'comparing with the kernel'],
  [/^src\/store\/|^src\/system\/(files|folders|scratch)\.ts/, 'files'],
  [/^src\/system\/exec\.ts|\/(execa|cross-spawn|human-signals|npm-run-path)\//, 'starting processes'],
];

const byNode: [pattern: RegExp, part: Part][] = [
  [/^node:(internal\/)?fs/, 'files'],
  [/^node:(internal\/)?child_process/, 'starting processes'],
  [/^node:(vm$|internal\/(modules|vm|process\/esm_loader))/, 'loading modules'],
];

const byTool: [pattern: RegExp, part: Part][] = [
  [/flock/, 'waiting for the lock'],
  [/nft/, 'waiting for nft'],
  [/\b(tc|ip)$/, 'waiting for tc and ip'],
];

/** The share of each part in what is between Node.js being ready and the program's end; together 1. */
export function sharesOf({ bootstrapped, exit, children, profile }: Probed): Map<Part, number> {
  if (!profile) throw new Error('no profile was made');
  const shares = new Map<Part, number>();
  const add = (part: Part, time: number) => shares.set(part, (shares.get(part) ?? 0) + time);
  const partOf = judge(profile);
  const ends = children.map(({ ended, ...child }) => ({ ...child, ended: ended ?? exit }));
  let at = profile.startTime;
  // What was before the first sample: the profiler and the program's first file are loaded.
  add('loading modules', Math.max(0, at - bootstrapped));
  for (const [index, id] of profile.samples.entries()) {
    // A sample stands for the time until the next one.
    at += profile.timeDeltas[index] ?? 0;
    const time = Math.max(0, (profile.timeDeltas[index + 1] ?? 0) || 0);
    const part = partOf(id);
    if (part !== 'idle') {
      add(part, time);
      continue;
    }
    const running = ends.filter(({ began, ended }) => began <= at && at < ended);
    if (running.length === 0) add('everything else', time);
    for (const { tool } of running) add(match(byTool, tool) ?? 'everything else', time / running.length);
  }
  const total = [...shares.values()].reduce((sum, time) => sum + time, 0);
  return new Map([...shares].map(([part, time]) => [part, time / total]));
}

function judge({ nodes }: Profile): (id: number) => Part | 'idle' {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const known = new Map<number, Part | 'idle'>();
  const decide = (id: number): Part | 'idle' => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = frames.get(at);
      if (frame && isWaiting(frame)) return 'idle';
      const part = frame && partOfFrame(frame);
      if (part) return part;
    }
    return 'everything else';
  };
  return (id) => {
    const part = known.get(id) ?? decide(id);
    known.set(id, part);
    return part;
  };
}

function isWaiting({ functionName, url }: Frame): boolean {
  return functionName === '(idle)' || (functionName === 'spawnSync' && url.startsWith('node:'));
}

function partOfFrame(frame: Frame): Part | undefined {
  const { url, functionName, lineNumber } = frame;
  if (url.startsWith('node:')) return match(byNode, url);
  if (!url.startsWith('file:')) return undefined;
  // The first line is a script as such, and esbuild names the body of a module after its file.
  if (lineNumber === 0 || /^(src|node_modules)\//.test(functionName)) return 'loading modules';
  return match(bySource, sourceOf(frame));
}

const sources = new Map<string, string[]>();

/** The source file's name, relative to the checkout; empty where the bundle does not say. */
function sourceOf({ url, lineNumber }: Frame): string {
  let lines = sources.get(url);
  if (!lines) {
    lines = namesOfLines(readFileSync(fileURLToPath(url), 'utf8'));
    sources.set(url, lines);
  }
  return lines[lineNumber] ?? '';
}

/** For each line of a bundle the source file that it is from. */
export function namesOfLines(bundle: string): string[] {
  let name = '';
  return bundle.split('\n').map((line) => {
    name = /^\s*\/\/ ((?:src|node_modules)\/\S+)$/.exec(line)?.[1] ?? name;
    return name;
  });
}

function match(list: [RegExp, Part][], text: string): Part | undefined {
  return list.find(([pattern]) => pattern.test(text))?.[1];
}
