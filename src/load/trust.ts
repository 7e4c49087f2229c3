// A load that believes what the last one left, in place of reading it: by two processes in place of eight. What is not
// touched is believed to be as it was loaded, which sync looks after every minute. Each command fails where the kernel is
// not as it is believed to be; then what was staged is taken back, and the kernel is to be read (load.ts).
import type { Difference } from '../diff/difference.ts';
import { planPhases } from '../diff/phases.ts';
import { findSmallChange } from '../diff/small-change.ts';
import { deviceNames } from '../host/read-host.ts';
import { readIfbs } from '../kernel/ifb.ts';
import { NftRefusal, runNft } from '../kernel/nft/run.ts';
import { hostOwner, othersOf } from '../kernel/owner.ts';
import type { Rules } from '../render/render.ts';
import { type Companions, keepGood, layGood, readIfGood } from '../store/in-force-rules.ts';
import { clearJournal, isJournalled } from '../store/journal.ts';
import { noteSmallChange, readCommitted } from '../store/table-fingerprint.ts';
import { readCache } from '../system/files.ts';
import { launcher } from '../system/launched.ts';
import { writeRuleset } from './apply.ts';
import { runSteps } from './batch.ts';
import type { Site } from './context.ts';
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

export interface Believed {
  /** Of `readTrusted`, under the same lock. */
  good: Rules;
  /** Rendered from the package's own templates, so that the files belong together. */
  rules: Rules;
  companions: Companions;
  /** Only the lines that differ, with their neighbours, where it is known that all others are the same in both. */
  few?: { good: Rules; rules: Rules };
  /**
   * Of the guest that starts. Where one of them was in force already the guest has come back without having been seen to
   * go, on another device of that name.
   */
  taps: string[];
  /** Writes the rules, while tc works and before any frame is led another way. @returns the folder they are in */
  write: () => string;
  /** What else is to be made ready, while nft works. */
  prepare: () => unknown;
}

/**
 * @returns why it was not done, or nothing when it was. What was not done has changed nothing that frames reach, or
 *   all of it, and left only what nothing leads to any more
 */
export async function loadBelieving(site: Site, believed: Believed): Promise<string | undefined> {
  const { rules, companions, taps, write, prepare, few = believed } = believed;
  const change = findSmallChange(few.good, few.rules);
  const differences = change && withoutGoneTaps(change.differences);
  if (!differences) return 'more than a guest has changed';
  const made = differences.filter(({ action, kind }) => action === 'add' && kind === 'filter');
  const isMade = (tap: string) => made.some(({ device }) => device === tap);
  if (!taps.every(isMade)) return 'the guest has been there before';
  const { from, to, commands } = change;
  const phases = planPhases(differences, from, { ...to, ruleset: commands });
  const stepsOf = (isLast: boolean) =>
    phases.flatMap((phase) =>
      phase.name !== 'commit' && (phase.name === 'retire') === isLast ? phase.steps : [],
    );
  const staging = new Staging(site, stepsOf(false), from);
  let name: string;
  const lay = () => {
    prepare();
    return layGood(site.rules, rules, companions, site.spare);
  };
  let isGiven = false;
  try {
    await staging.run(write);
    if (commands !== '') {
      const ruleset = writeRuleset(site, commands);
      isGiven = true;
      name = await during(runNft(site.run, [], ruleset), lay);
    } else name = lay();
  } catch (error) {
    // nft that was killed may have done it: then taking back would take classes from under their guests.
    if (!isGiven || error instanceof NftRefusal) await staging.undo();
    return (error as Error).message;
  }
  try {
    await runSteps(site, 'retire', stepsOf(true));
    if (commands !== '') noteSmallChange(site.listing, rules['ruleset.nft']);
    keepGood(site.rules, name);
    clearJournal(site.journal);
    if (taps.length > 0) launcher()?.noteStart();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** @param work done while a command runs, which has ended when this does */
async function during<T>(command: Promise<void>, work: () => T): Promise<T> {
  try {
    return work();
  } finally {
    await command;
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
