// Brings the kernel from what it holds to what is wanted: all of it, or none. tc is not atomic, so the order
// makes it so (phases.ts). Whatever fails, the way back is the same road to the state that was read before
// anything was done, which holds whatever the failing command did or did not do.
import { join } from 'node:path';
import { compare, type Difference } from '../diff/compare.ts';
import { reachable } from '../diff/obstacles.ts';
import { type Phase, planPhases } from '../diff/phases.ts';
import type { Step } from '../diff/steps.ts';
import { type Unreached, unreachedTap, withoutUnreached } from '../diff/unreached.ts';
import { type Ruleset, runNft } from '../kernel/nft/run.ts';
import type { KernelState, State } from '../kernel/objects.ts';
import { tcLine } from '../kernel/tc/print.ts';
import { clearJournal, recordFormer } from '../store/journal.ts';
import { Failure } from '../system/errors.ts';
import { readCache, removeFile, writeWhole } from '../system/files.ts';
import { RefusedLine, runSteps } from './batch.ts';
import type { Site } from './context.ts';
import { readState, readTable } from './read-state.ts';

export interface Change {
  before: KernelState;
  wanted: State;
  /** In what the two differ (compare.ts). */
  found: Difference[];
  /** The ruleset that is being checked already. */
  checked?: Checked | undefined;
  /** Writes down what is about to be in force: while nft moves traffic over, so that who is killed then has left it. */
  whileMoving?: () => void;
}

export interface Checked {
  text: string;
  /** @throws Failure when nft would refuse it */
  done: Promise<void>;
}

/**
 * @returns the taps that vanished meanwhile
 * @throws Failure saying what failed and what is in force now
 */
export async function transact(site: Site, change: Change): Promise<Unreached[]> {
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
 * Before anything is changed: when /run is full in the middle, the way back still finds room for its batches.
 * @returns the file to remove then; it goes with the journal otherwise
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

/** What is being checked is waited for before anything is changed. */
async function checkRulesets(site: Site, phases: Phase[], checked?: Checked): Promise<void> {
  const rulesets = phases.flatMap((phase) => (phase.name === 'commit' ? [phase.ruleset] : []));
  for (const ruleset of rulesets) {
    const done = checked?.text === ruleset ? checked.done : checkRuleset(site, ruleset);
    await done.catch((error) => {
      throw inForce(error, 'nothing has been changed');
    });
  }
  // Where its table need not change, what nft thinks of it matters to nobody, but it must be over (load.ts).
  await checked?.done.catch(() => {});
}

/** Call it while nobody lists the table (load.ts). @throws Failure when nft would refuse it */
export function checkRuleset({ run, rules }: Site, text: string): Promise<void> {
  return runNft(run, ['-c'], { text, shown: join(rules, 'ruleset.nft') });
}

/** From there nft reads it to its end, even if we are killed. */
export function writeRuleset({ journal, rules }: Site, text: string): Ruleset {
  const file = join(journal, 'commit.nft');
  writeWhole(file, text, 0o600);
  return { text, file, shown: join(rules, 'ruleset.nft') };
}

interface Applied {
  lost: Step[];
  /** What the kernel holds now, asked for already. */
  reading?: Promise<KernelState>;
  /** What nft was given last. */
  committed?: string;
}

interface Ahead {
  /** What it leads to, where that is to be read back. */
  expected?: State;
  whileMoving?: (() => void) | undefined;
}

async function apply(site: Site, phases: Phase[], { expected, whileMoving }: Ahead = {}): Promise<Applied> {
  const applied: Applied = { lost: [] };
  const last = phases.findLastIndex(({ name }) => name === 'commit');
  for (const [index, phase] of phases.entries()) {
    site.progress?.(describe(phase));
    if (phase.name === 'commit') {
      const committed = phase.ruleset;
      // The moment at which traffic moves over.
      const moved = runNft(site.run, [], writeRuleset(site, committed));
      if (expected && index === phases.length - 1) {
        // tc has done its part, so it can say meanwhile what became of it.
        const table = moved.then(() => readTable(site.run));
        applied.reading = readState(site, { expected, committed, table });
        applied.reading.catch(() => {});
      }
      try {
        if (index === last) whileMoving?.();
        await moved;
      } catch (error) {
        await moved.catch(() => {}); // What is taken back must have been done.
        await applied.reading?.catch(() => {}); // Its answers would be of what is being taken back.
        throw error;
      }
      applied.committed = committed;
    } else applied.lost.push(...(await runSteps(site, `${index}-${phase.name}`, phase.steps)));
  }
  return applied;
}

function describe(phase: Phase): string {
  if (phase.name === 'commit') return 'moving traffic over ...';
  return `${phase.name}: ${phase.steps.length} lines of tc and ip ...`;
}

/** tc accepts wrong trees with status 0, so what was done is what the kernel says. */
async function readBack(
  site: Site,
  { wanted }: Change,
  { lost, committed, reading = readState(site, { expected: wanted, committed }) }: Applied,
): Promise<Unreached[]> {
  site.progress?.('reading back what the kernel holds ...');
  const now = await reading;
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

async function undo(
  site: Site,
  before: KernelState,
  record: string | undefined,
  cause: unknown,
): Promise<void> {
  let left: Phase[] = [];
  try {
    left = wayBack(await readState(site, { expected: before }), before);
    const { committed } = await apply(site, left);
    // Where an uplink has gone meanwhile, it is the table of before without what led there.
    left = wayBack(await readState(site, { expected: before, committed }), before);
    if (left.length > 0) throw new Failure('the kernel is not as it was');
    if (record !== undefined) writeWhole(site.listing, record, 0o600);
    clearJournal(site.journal);
  } catch (error) {
    throw new Failure(
      `${(cause as Error).message}\nand it could not be undone: ${(error as Error).message}${byHand(site, left)}`,
      'or try again with virt-shaper load; virt-shaper unload takes everything out',
      cause instanceof Failure ? cause.place : undefined,
    );
  }
}

function wayBack(now: KernelState, before: State): Phase[] {
  const { wanted } = reachable(now, before);
  return planPhases(compare(now, wanted, true), now, wanted);
}

/** What is left to do, as commands for a shell. */
function byHand(site: Site, phases: Phase[]): string {
  const commands = phases.flatMap((phase) =>
    phase.name === 'commit'
      ? [`nft -f ${join(site.rules, 'good/ruleset.nft')}`]
      : phase.steps.map(({ tool, line }) => `${tool} ${line}`),
  );
  return commands.length === 0 ? '' : `\nby hand:\n${commands.map((command) => `  ${command}`).join('\n')}`;
}

function inForce(error: unknown, now: string): unknown {
  if (!(error instanceof Failure) || error.message.includes('could not be undone')) return error;
  const hint = error.hint ? `${now}; ${error.hint}` : now;
  const failure = new Failure(error.message, hint, error.place, error.code);
  return error instanceof RefusedLine ? new RefusedLine(failure, error.device, error.stays) : failure;
}
