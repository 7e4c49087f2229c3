// A transaction: changes the kernel from its present state to the wanted one, wholly or not at all. tc is not atomic, so the
// order of the steps has to make it so (phases.ts), and a failure is rolled back (undo.ts).
import { join } from 'node:path';
import { compare } from '../diff/compare.ts';
import type { Difference } from '../diff/difference.ts';
import { type Phase, planPhases } from '../diff/phases.ts';
import { type Unreached, unreachedTap, withoutUnreached } from '../diff/unreached.ts';
import type { KernelState, State } from '../kernel/objects.ts';
import { tcLine } from '../kernel/tc/print.ts';
import { clearJournal, recordFormer } from '../store/journal.ts';
import { Failure } from '../system/errors.ts';
import { readCache, removeFile, writeWhole } from '../system/files.ts';
import { type Applied, apply, checkRuleset } from './apply.ts';
import { RefusedLine } from './batch.ts';
import type { Site } from './context.ts';
import { readState } from './read-state.ts';
import { NotUndone, undo } from './undo.ts';

export interface Transaction {
  before: KernelState;
  wanted: State;
  /** The differences between the two (compare.ts). */
  found: Difference[];
  /** The check of the ruleset, where it has begun already. */
  checked?: RulesetCheck | undefined;
  /** Called while nft commits; stores the new rules, so that they are on the disk if the load is killed right afterwards. */
  whileMoving?: () => void;
}

export interface RulesetCheck {
  text: string;
  /** @throws Failure when nft would refuse the ruleset */
  done: Promise<void>;
}

/**
 * @returns the taps that vanished meanwhile
 * @throws Failure saying what failed and what is in force now
 */
export async function transact(site: Site, change: Transaction): Promise<Unreached[]> {
  const { before, wanted, found } = change;
  const phases = planPhases(found, before, wanted);
  await checkRulesets(site, phases, change.checked);
  const record = readCache(site.listing);
  const reserve = prepareJournal(site, before, phases);
  try {
    const applied = await apply(site, phases, { expected: wanted, whileMoving: change.whileMoving });
    const vanished = phases.length > 0 ? await readBack(site, change, applied) : [];
    clearJournal(site.journal);
    return vanished;
  } catch (error) {
    removeFile(reserve);
    await undo(site, before, record, error);
    throw inForce(error, 'what was in force before still is');
  }
}

function prepareJournal(site: Site, before: KernelState, phases: Phase[]): string {
  try {
    if (phases.length > 0) recordFormer(site.journal, before);
    return reserveRoom(site, phases);
  } catch (error) {
    clearJournal(site.journal);
    throw inForce(error, 'nothing has been changed');
  }
}

/**
 * Reserves room for the batches of a rollback before anything is changed, in case /run gets full in the middle of the load.
 * @returns the file to delete before a rollback; without one it is deleted with the journal
 */
function reserveRoom({ journal }: Site, phases: Phase[]): string {
  const file = join(journal, 'reserve');
  const lines = phases.map((phase) =>
    phase.name === 'commit' ? [phase.ruleset] : phase.steps.map(({ line }) => line),
  );
  const size = lines.flat().reduce((sum, line) => sum + line.length + 1, 0);
  if (size > 0) writeWhole(file, ' '.repeat(2 * size + 16_384), 0o600);
  return file;
}

/** Waits for nft's checks, before anything is changed. @throws Failure when nft would refuse a ruleset */
async function checkRulesets(site: Site, phases: Phase[], checked?: RulesetCheck): Promise<void> {
  const rulesets = phases.flatMap((phase) => (phase.name === 'commit' ? [phase.ruleset] : []));
  for (const ruleset of rulesets) {
    const done = checked?.text === ruleset ? checked.done : checkRuleset(site, ruleset);
    await done.catch((error) => {
      throw inForce(error, 'nothing has been changed');
    });
  }
  // Where the table does not change, the result does not matter, but the check has to be over (prefetch.ts says why).
  await checked?.done.catch(() => {});
}

/** Compares the kernel with the wanted state, since tc makes wrong trees with status 0. */
async function readBack(
  site: Site,
  { wanted }: Transaction,
  { lost, committed, reading }: Applied,
): Promise<Unreached[]> {
  site.progress?.('reading back what the kernel holds ...');
  const now = await (reading ?? readState(site, { expected: wanted, committed }));
  const { wanted: there, unreached } = withoutUnreached(now, wanted);
  const vanished = lost.flatMap(({ object }) => (object ? [unreachedTap(object, 'it is not there')] : []));
  const taps = new Map([...vanished, ...unreached].map((tap) => [tap.tap, tap]));
  const left = compare(now, there).filter(({ device }) => !taps.has(device));
  const [first] = left;
  if (!first) return [...taps.values()];
  const object = first.wanted ?? first.held;
  const what = object?.subject ?? (object ? tcLine('add', object) : first.device);
  const failure = new Failure(
    `the kernel did not take all it was told: ${first.kind} ${first.device}, ${what}: ${first.reason}`,
    undefined,
    object?.place,
  );
  throw first.kind === 'table' || first.kind === 'setting' ? failure : new RefusedLine(failure, first.device);
}

function inForce(error: unknown, now: string): unknown {
  if (!(error instanceof Failure) || error instanceof NotUndone) return error;
  const hint = error.hint ? `${now}; ${error.hint}` : now;
  const failure = new Failure(error.message, hint, error.place, error.code);
  return error instanceof RefusedLine ? new RefusedLine(failure, error.device, error.stays) : failure;
}
