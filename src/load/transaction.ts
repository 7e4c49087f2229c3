// Brings the kernel from what it holds to what is wanted: all of it, or none. tc is not atomic, so the
// order makes it so: stage, then the one nft -f as the moment of change, then retire. Whatever fails, the
// way back is the same road to the state that was read before, which needs no record of what was done.
import { Failure } from '../errors.ts';
import { run } from '../exec.ts';
import { readIfThere, writeWhole } from '../files.ts';
import { runSteps } from './batch.ts';
import { type Difference, difference, isEmpty, type Step } from './difference.ts';
import type { KernelState, State } from './objects.ts';
import { readState, tableRecord } from './read-state.ts';

export interface Places {
  /** The folder of the rules, for messages. */
  rules: string;
  /** The file that keeps the table as nft listed it after the last commit. */
  listing: string;
}

/**
 * @returns the steps that a vanished tap made needless
 * @throws Failure saying what failed and what is in force now
 */
export async function transact(before: KernelState, wanted: State, places: Places): Promise<Step[]> {
  const change = difference(before, wanted);
  if (isEmpty(change)) return [];
  await checkRuleset(change, places);
  const record = readIfThere(places.listing);
  try {
    const lost = await apply(change, places);
    await readBack(wanted, lost, places);
    return lost;
  } catch (error) {
    await undo(before, record, places, error);
    throw error;
  }
}

async function checkRuleset({ commit }: Difference, places: Places): Promise<void> {
  if (commit !== undefined) await nft(['-c', '-f', '-'], commit, places);
}

async function apply({ stage, commit, retire }: Difference, places: Places): Promise<Step[]> {
  const lost = await runSteps(stage, places.rules);
  if (commit !== undefined) {
    await nft(['-f', '-'], commit, places);
    writeWhole(places.listing, await tableRecord(commit), 0o600);
  }
  return [...lost, ...(await runSteps(retire, places.rules))];
}

async function nft(args: string[], ruleset: string, { rules }: Places): Promise<void> {
  const outcome = await run('nft', args, { input: ruleset });
  if (outcome.status === 0) return;
  throw new Failure(outcome.stderr.trim().replaceAll('/dev/stdin:', `${rules}/ruleset.nft:`));
}

/** tc accepts wrong trees with status 0, so what was done is what the kernel says. */
async function readBack(wanted: State, lost: Step[], { listing }: Places): Promise<void> {
  const lostKeys = new Set(lost.map((step) => step.object?.key));
  const left = difference(await readState(listing), wanted);
  const differing = [...left.stage, ...left.retire].filter((step) => !lostKeys.has(step.object?.key));
  if (differing.length === 0 && left.commit === undefined) return;
  const first = differing[0];
  throw new Failure(
    first
      ? `the kernel did not take what it was told: "${first.line}" is still to be done (${first.reason})`
      : 'the kernel did not take the ruleset it was told',
  );
}

async function undo(
  before: KernelState,
  record: string | undefined,
  places: Places,
  cause: unknown,
): Promise<void> {
  try {
    const back = difference(await readState(places.listing), before, true);
    await apply(back, places);
    if (record !== undefined) writeWhole(places.listing, record, 0o600);
  } catch (error) {
    throw new Failure(
      `${(cause as Error).message}\nand what was done before it could not be undone: ${(error as Error).message}`,
      'virt-shaper load tries again; virt-shaper unload takes everything out',
    );
  }
}
