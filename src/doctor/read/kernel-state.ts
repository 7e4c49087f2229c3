// The kernel's state, and its drift from what was loaded. Read under the lock, so that half a load is not taken for drift; the
// lock is not waited for long.
import { join } from 'node:path';
import { compare } from '../../diff/compare.ts';
import { driftOf } from '../../diff/drift.ts';
import { reachable } from '../../diff/obstacles.ts';
import { parseRules } from '../../diff/parse-rules.ts';
import type { KernelState, State } from '../../kernel/objects.ts';
import { describeOwner, othersOf, ownedBy } from '../../kernel/owner.ts';
import { emptyKernel } from '../../load/prepare.ts';
import { readState } from '../../load/read-state.ts';
import { repair } from '../../observe/fault.ts';
import { readIfGood, readRules, unnotedFolder } from '../../store/in-force-rules.ts';
import type { Paths } from '../../store/paths.ts';
import { Failure } from '../../system/errors.ts';
import { makeRun } from '../../system/exec.ts';
import { isThere } from '../../system/files.ts';
import { withLock } from '../../system/lock.ts';
import { type Attempt, attempt, had } from '../finding.ts';
import type { Obstacles } from '../in-the-way.ts';

export interface KernelStateFacts {
  obstacles: Obstacles;
  /** The output of `nft list ruleset`. */
  listing: string;
  /** The number of differences from what was loaded. */
  drift: Attempt<number>;
}

/** Seconds. */
const patience = 1;

/** @param timeout of one call of nft or tc, in milliseconds */
export async function readKernelState(paths: Paths, timeout: number): Promise<KernelStateFacts> {
  if (!isThere(paths.lock)) return read(paths, timeout);
  const lock = { file: paths.lock, patience, waiting: () => {} };
  return withLock(lock, (hold) => read(paths, timeout, hold));
}

async function read(paths: Paths, timeout: number, hold?: number): Promise<KernelStateFacts> {
  const { owner } = paths;
  const run = makeRun({ timeout, ...(hold === undefined ? {} : { hold }) });
  const loaded = await attempt(() => readLoaded(paths));
  const [state, nft] = await Promise.all([
    readState({ ...paths, run }, { expected: had(loaded) }),
    run('nft', ['-s', 'list', 'ruleset']),
  ]);
  if (nft.status !== 0) throw new Failure(`nft cannot list the ruleset: ${nft.stderr.trim().split('\n')[0]}`);
  const drift = judge(state, loaded, owner);
  // Only the counts are kept, so that the objects of a thousand guests can be freed before the next reader.
  const { objects: _, ...obstacles } = state;
  return { obstacles, listing: nft.stdout, drift };
}

function judge(state: KernelState, loaded: Attempt<State>, owner: string): KernelStateFacts['drift'] {
  const [other] = othersOf(owner, state.devices.values());
  // A state that no command of ours would change is not drift.
  if (other !== undefined) {
    const hint = "leave it to that one, or take it out by that one's unload";
    return { failed: `what the kernel holds was loaded by ${describeOwner(other)}`, hint };
  }
  return 'value' in loaded ? { value: countDifferences(state, loaded.value, owner) } : loaded;
}

/** An uplink with an obstacle is left out; the obstacle has its own finding. */
function countDifferences(from: KernelState, good: State, owner: string): number {
  const loaded = ownedBy(owner, good);
  const to = reachable(from, loaded).wanted;
  return driftOf({ list: compare(from, to), from, to, loaded }).list.length;
}

/** @throws Failure */
function readLoaded(paths: Paths): State {
  const unnoted = unnotedFolder(paths);
  const good = unnoted ? readRules(unnoted) : readIfGood(paths.rules);
  if (!good) return emptyKernel;
  try {
    return parseRules(good, unnoted ?? join(paths.rules, 'good'));
  } catch (error) {
    const hint = `${repair} makes it anew`;
    throw new Failure(`what was loaded last cannot be read: ${(error as Error).message}`, hint);
  }
}
