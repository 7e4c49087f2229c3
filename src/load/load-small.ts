// A small change (small-change.ts) -> kernel, by two processes in place of eight. What is not touched is believed to be
// as it was loaded, which sync looks after every minute. Each command fails where the kernel is not as it is believed
// to be; then what was staged is taken back, and the whole way (load.ts) is to be taken, which reads all there is.
import { join } from 'node:path';
import type { Difference } from '../diff/compare.ts';
import { planPhases } from '../diff/phases.ts';
import { findSmallChange, type SmallChange } from '../diff/small-change.ts';
import type { Step } from '../diff/steps.ts';
import { deviceNames } from '../host/read-host.ts';
import { readIfbs } from '../kernel/ifb.ts';
import { hostOwner, othersOf } from '../kernel/owner.ts';
import type { Rules } from '../render/render.ts';
import { type Companions, keepGood, layGood, readIfGood } from '../store/in-force-rules.ts';
import { clearJournal, isJournalled } from '../store/journal.ts';
import { noteSmallChange, readCommitted } from '../store/table-fingerprint.ts';
import { Failure } from '../system/errors.ts';
import { readCache, writeWhole } from '../system/files.ts';
import { runSteps } from './batch.ts';
import { type Site, spareOf } from './context.ts';
import { Staging } from './staging.ts';

/**
 * The rules in force, where the last load ended well and nothing is known that would speak against believing them.
 * Call it under the lock.
 */
export function readTrusted({ journal, foreignTaps, listing, rules, owner }: Site): Rules | undefined {
  if (owner !== hostOwner && othersOf(owner, readIfbs()).length > 0) return undefined;
  if (isJournalled(journal) || readCache(foreignTaps)) return undefined;
  const good = readIfGood(rules);
  return good && readCommitted(listing) === good['ruleset.nft'] ? good : undefined;
}

export interface Small {
  /** Of `readTrusted`, under the same lock. */
  good: Rules;
  /** Rendered from the package's own templates, so that the files belong together. */
  rules: Rules;
  companions: Companions;
  /**
   * Of the guest that starts. Where one of them was in force already the guest has come back without having been seen to
   * go, on another device of that name.
   */
  taps: string[];
  /** Writes the rules, while tc works and before any frame is led another way. @returns the folder they are in */
  meanwhile: () => string;
}

/**
 * @returns why it was not done, or nothing when it was. What was not done has changed nothing that frames reach, or
 *   all of it, and left only what nothing leads to any more
 */
export async function loadSmall(site: Site, small: Small): Promise<string | undefined> {
  const change = findSmallChange(small.good, small.rules);
  const differences = change && withoutGoneTaps(change.differences);
  if (!differences) return 'more than a guest has changed';
  const made = differences.filter(({ action, kind }) => action === 'add' && kind === 'filter');
  const isMade = (tap: string) => made.some(({ device }) => device === tap);
  if (!small.taps.every(isMade)) return 'the guest has been there before';
  const { from, commands } = change;
  const [before, after] = stepsOf(differences, change);
  const staging = new Staging(site, before, from);
  let name: string;
  try {
    name = await staging.run(() => {
      small.meanwhile();
      return layGood(site.rules, small.rules, small.companions, spareOf(site));
    });
    await commit(site, commands);
  } catch (error) {
    // nft that was killed may have done it: then taking back would take classes from under their guests.
    if (!(error instanceof Killed)) await staging.undo();
    return (error as Error).message;
  }
  try {
    await runSteps(site, 'retire', after);
    if (commands !== '') noteSmallChange(site.listing, small.rules['ruleset.nft']);
    keepGood(site.rules, name);
    clearJournal(site.journal);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * A tap goes with its guest, and what was on it with the tap.
 * @returns nothing where one stays: its clsact may have filters of others by now
 */
function withoutGoneTaps(differences: Difference[]): Difference[] | undefined {
  const isTap = ({ action, kind }: Difference) => action === 'remove' && kind === 'clsact';
  const taps = differences.filter(isTap);
  if (taps.length === 0) return differences;
  const present = new Set(deviceNames());
  if (taps.some(({ device }) => present.has(device))) return undefined;
  return differences.filter((one) => !isTap(one));
}

/** What is done before the ruleset changes, and after it. */
function stepsOf(differences: Difference[], { from, to }: SmallChange): [Step[], Step[]] {
  const phases = planPhases(differences, from, to);
  const steps = (wanted: boolean) =>
    phases.flatMap((phase) =>
      phase.name !== 'commit' && (phase.name === 'retire') === wanted ? phase.steps : [],
    );
  return [steps(false), steps(true)];
}

/** The command was killed, and may have done its work. */
class Killed extends Failure {}

async function commit({ run, journal }: Site, text: string): Promise<void> {
  if (text === '') return;
  const file = join(journal, 'commit.nft');
  writeWhole(file, text, 0o600);
  const { status, stderr } = await run('nft', ['-f', file]).catch(({ message }) => {
    throw new Killed(message);
  });
  if (status !== 0) throw new Failure(`nft refused: ${stderr.trim()}`);
}
