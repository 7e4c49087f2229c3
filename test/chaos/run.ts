// One seed: a host, and one thing after another done to it. At each moment frames are sent and every view is asked;
// then a sync, the same again; now and then all that is foreign goes, and all must be as it was.
import { Random } from '../faults/random.ts';
import { actions } from './actions/all.ts';
import { lookAtFrames, type Truth } from './frames.ts';
import {
  judgeHarmless,
  judgeHealed,
  judgeKept,
  judgeStorm,
  judgeSync,
  judgeViews,
  type Problem,
} from './judge.ts';
import { lookAtStorm, type Storm } from './storms.ts';
import { Tracer } from './tracer.ts';
import { readViews, type Views } from './views.ts';
import { kindOf, World } from './world.ts';

export interface Step {
  seed: string;
  index: number;
  kind: string;
  /** What was done since the host was in order, the last one last. */
  history: string[];
  problems: (Problem & { moment: string })[];
  /** Milliseconds. */
  took: number;
}

export interface Look {
  truths: Truth[];
  views: Views;
  storm?: Storm | undefined;
}

/** More foreign things at a time are on no host. */
const most = 3;

/**
 * @param indexes of the seed's steps, in order; each chooses by its own chance, so that any part can be run again
 * @param only kinds of action, one after the other, in place of chance
 */
export async function runSeed(
  seed: string,
  indexes: number[],
  report: (step: Step) => void,
  only?: string[],
): Promise<void> {
  const world = new World(kindOf(Number(seed)));
  const tracer = new Tracer();
  let history: string[] = [];
  let last = await lookAround(world, new Random(seed));
  try {
    for (const index of indexes) {
      const began = performance.now();
      const random = new Random(`${seed}:${index}`);
      const views = new Random(`${seed}:${index}:views`);
      const problems: Step['problems'] = [];
      const { kind, text, harmless, harms } = act(world, random, only && [only[index % only.length] ?? '']);
      let isSynced = true;
      const judge = async (moment: string, more: (before: Look, now: Look) => Problem[]) => {
        const now = await lookAround(world, views);
        const mayFail = harms && moment === 'at once';
        const found = [
          ...judgeViews(now.truths, now.views, mayFail),
          ...judgeStorm(world, now, moment !== 'at once' && isSynced),
          ...more(last, now),
        ];
        problems.push(...found.map((problem) => ({ ...problem, moment })));
        last = now;
      };
      history.push(`${index} ${kind}: ${text}`);
      await judge('at once', (before, now) => (harmless ? judgeHarmless(before, now) : []));
      const inForce = random.chance(world.settings.mistake === undefined ? 0.5 : 0.8);
      isSynced = sync(world, inForce, history);
      // By a configuration that cannot be used, asked for by its name, nothing is done: that is told, and all of it.
      const after = (before: Look, now: Look) => [
        ...(isSynced ? judgeSync(world, now.truths) : []),
        ...judgeKept(before, now),
      ];
      await judge('after the sync', after);
      const isHealed = world.standing.length >= most || random.chance(0.5);
      if (isHealed) {
        heal(world, history);
        isSynced = true;
        await judge('when all is gone', (_before, now) => judgeSync(world, now.truths));
        const found = judgeHealed(last, await tracer.disagreements(world, last.truths));
        problems.push(...found.map((problem) => ({ ...problem, moment: 'when all is gone' })));
      }
      report({ seed, index, kind, history: [...history], problems, took: performance.now() - began });
      if (isHealed) history = [];
    }
  } finally {
    tracer.end();
    world.end();
  }
}

function act(
  world: World,
  random: Random,
  only?: string[],
): { kind: string; text: string; harmless?: boolean; harms?: boolean } {
  const kinds = only ?? random.shuffle(Object.keys(actions));
  for (const kind of kinds) {
    const done = actions[kind]?.(world, random);
    if (!done) continue;
    const { text, undo, spoils = () => false, harmless = false, harms = false } = done;
    if (undo) world.standing.push({ text, undo, spoils });
    return { kind, text, harmless, harms };
  }
  return { kind: 'nothing', text: 'it cannot be done here' };
}

async function lookAround(world: World, random: Random): Promise<Look> {
  const truths = lookAtFrames(world);
  const names = world.running().map(({ name }) => name);
  const views = await readViews(world.program, names, random);
  return { truths, views, storm: lookAtStorm(world, truths, random) };
}

/** @returns whether it was one: not where the present configuration was asked for, and cannot be used */
function sync(world: World, inForce: boolean, history: string[]): boolean {
  const args = inForce ? ['sync', '--in-force'] : ['sync'];
  const { status, stderr } = world.program.run(args);
  if (status === 0 && !inForce) world.off = false;
  history.push(`  ${args.join(' ')}: ${status} ${status === 0 ? '' : stderr.trim()}`);
  return inForce || status !== 2;
}

function heal(world: World, history: string[]): void {
  for (const { text, undo } of world.standing.splice(0).reverse()) {
    undo();
    history.push(`  gone: ${text}`);
  }
  sync(world, false, history);
}
