// virt-shaper top: which guests use how much now, live on a terminal; without a terminal, one screen as text or JSON.
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { readInUse } from '../../observe/read-in-use.ts';
import type { Uses } from '../../observe/use.ts';
import type { Context } from '../../operations/context.ts';
import { explainName } from '../../operations/explain-name.ts';
import { usualInterval } from '../../operations/look.ts';
import { ConfigError } from '../../system/errors.ts';
import { makeRun, type Outcome, type Run } from '../../system/exec.ts';
import { printable } from '../../system/printable.ts';
import type { Line } from '../../text/spans.ts';
import { topLive } from '../../top/live.ts';
import { makeScene } from '../../top/make-scene.ts';
import { onceAsData, onceAsText } from '../../top/once.ts';
import { isScreen, isUnicode, widthAsked } from '../../top/reader.ts';
import type { Scene } from '../../top/scene.ts';
import { leastInterval, longestInterval, type ViewSubject } from '../../top/view.ts';

export interface TopOptions {
  once?: boolean;
  json?: boolean;
  /** Seconds, as typed. */
  interval?: string;
}

/** Seconds that a call of tc or nft may take while the screen is shown. Then the screen says so; to quit takes no longer. */
const patience = 5;

/** Seconds for which nft's listing is cached. */
const listingAge = 5;

export async function topCommand(
  context: Context,
  { once, json, interval = usualInterval }: TopOptions,
): Promise<number> {
  const seconds = intervalOf(interval);
  if (!once && !json && isScreen(process)) {
    const soon = { ...context, timeout: Math.min(context.timeout, patience) };
    return topLive(makeReader(soon, soon.timeout), makeExplainer(soon), seconds, isUnicode(process));
  }
  const read = makeReader(context, context.timeout);
  await read();
  await pause(seconds * 1000);
  const scene = await read();
  if (json) context.print(`${JSON.stringify(onceAsData(scene, seconds), null, 2)}\n`);
  else context.print(onceAsText(scene, seconds, isUnicode(process), widthAsked(process)));
  return 0;
}

/** Each call of the result reads the kernel once, and computes speeds since the call before. */
function makeReader({ paths }: Context, timeout: number): () => Promise<Scene> {
  const run = withRareListing(makeRun({ timeout: timeout * 1000 }));
  let before: Uses | undefined;
  return async () => {
    const inUse = await readInUse(run, paths, before);
    const scene = makeScene(inUse, before, hostname(), Date.now());
    before = inUse.uses;
    return scene;
  };
}

/**
 * Nothing else may write to the terminal while the screen is shown, so warnings become the first lines of the explanation.
 */
function makeExplainer(context: Context) {
  return async ({ kind, name }: ViewSubject, width: number): Promise<Line[]> => {
    const said: Line[] = [];
    const silent = () => {};
    const warn = (text: string) => {
      said.push(...text.split('\n').map((line): Line => [{ text: printable(line), style: 'warning' }]));
    };
    const quiet = { ...context, lockTimeout: patience, warn, say: silent, detail: silent, progress: silent };
    const { lines } = await explainName(quiet, name, kind);
    return [...said, ...lines({ width, colours: false })];
  };
}

/**
 * Caches nft's listings. nft writes a listing word by word, in 36,000 pieces for 1,000 guests, and to read these takes
 * longer than all counters. A table that changes is seen a few seconds late.
 */
function withRareListing(run: Run): Run {
  const listings = new Map<string, { at: number; outcome: Outcome }>();
  return async (command, args, options) => {
    if (command !== 'nft') return run(command, args, options);
    const question = args.join(' ');
    const listed = listings.get(question);
    if (listed && performance.now() - listed.at <= listingAge * 1000) return listed.outcome;
    const at = performance.now();
    const outcome = await run(command, args, options);
    listings.set(question, { at, outcome });
    return outcome;
  };
}

/** @throws ConfigError where these are no seconds, or too few or too many */
export function intervalOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= leastInterval && value <= longestInterval) return value;
  const message = `--interval takes seconds, ${leastInterval} to ${longestInterval}, not "${text}"`;
  throw new ConfigError([{ severity: 'error', message }]);
}
