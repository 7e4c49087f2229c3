// All that a change of policy is tried on: the host, the wrapper on PATH, the eyes on the kernel.
import type { Rules } from '../../src/render/render.ts';
import { look, type Reference } from './judge.ts';
import type { Policy } from './policy.ts';
import { differences, type Kernel, Snapshots } from './snapshot.ts';
import { Watcher } from './watcher.ts';
import { World } from './world.ts';
import { Wrapper } from './wrapper.ts';

/** A rendering, with what a clean host's kernel holds after it was loaded there by hand. */
export interface Side extends Reference {
  rules: Rules;
}

export interface Bench {
  world: World;
  wrapper: Wrapper;
  snapshots: Snapshots;
  watcher: Watcher;
  /** The kernel before the first load. */
  empty: Kernel;
  /** Options of a load whose calls may hang; absent when the program has no limit that could be tried. */
  limit?: string[];
  end: () => void;
}

export async function makeBench(): Promise<Bench> {
  const world = new World();
  const wrapper = new Wrapper(world.root);
  const snapshots = new Snapshots();
  const watcher = new Watcher(wrapper.folder);
  const empty = await snapshots.take();
  const hasLimit = (await world.help('load')).includes('--timeout');
  const end = () => {
    snapshots.end();
    watcher.end();
    world.end();
  };
  return {
    world,
    wrapper,
    snapshots,
    watcher,
    empty,
    ...(hasLimit ? { limit: ['--timeout', '1'] } : {}),
    end,
  };
}

/** Leaves a clean host. */
export async function makeSide(
  { world, snapshots, empty }: Bench,
  policy: Policy,
  rules: Rules,
): Promise<Side> {
  world.loadByHand(rules);
  const kernel = await snapshots.take();
  world.clean();
  const left = differences((await snapshots.take()).text, empty.text);
  if (left) throw new Error(`the host is not clean:\n${left}`);
  return { policy, rules, kernel, view: look(kernel) };
}
