// A load for a guest's start that trusts the last load in place of reading the kernel: two processes in place of eight. All
// objects are assumed to be as they were loaded; sync looks for drift every minute. The commands are such that they fail
// where the kernel differs from that; the staged objects are then undone, and the load begins again by reading the kernel
// (load.ts).
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
import { isCommitted, noteSmallChange } from '../store/table-fingerprint.ts';
import { readCache } from '../system/files.ts';
import { launcher } from '../system/launched.ts';
import { writeRuleset } from './apply.ts';
import { runSteps } from './batch.ts';
import type { Site } from './context.ts';
import { Staging } from './staging.ts';

/**
 * Call it under the lock.
 * @returns the rules in force; undefined where the last load did not end well, or something else speaks against trusting it
 */
export function readBelieved({ journal, foreignTaps, listing, rules, owner }: Site): Rules | undefined {
  if (owner !== hostOwner && othersOf(owner, readIfbs()).length > 0) return undefined;
  if (isJournalled(journal) || readCache(foreignTaps)) return undefined;
  const good = readIfGood(rules);
  return good && isCommitted(listing, good['ruleset.nft']) ? good : undefined;
}

export interface Believed {
  /** As `readBelieved` has returned them, under the same lock. */
  good: Rules;
  /** Rendered from the package's own templates, so that they need no check against each other. */
  rules: Rules;
  companions: Companions;
  /** The rules of the changed guests and their neighbours only, where it is known that all other lines are equal. */
  few?: { good: Rules; rules: Rules };
  /**
   * The taps of the guest that starts. Where one of them has a filter already, the guest's end was missed, and the tap is a
   * new device with the same name: then the kernel has to be read.
   */
  taps: string[];
  /** Writes the rules; called while tc runs, before nft changes the way of any frame. @returns their folder */
  write: () => string;
  /** Called while nft runs, for what the caller still has to prepare. */
  meanwhile: () => unknown;
}

/**
 * @returns undefined when it succeeded, else the reason why the kernel has to be read. Then either nothing has changed for
 *   any frame, or everything has and only objects that no mark leads to are left
 */
export async function loadBelieving(site: Site, believed: Believed): Promise<string | undefined> {
  const { rules, companions, taps, write, meanwhile, few = believed } = believed;
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
    meanwhile();
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
    // nft may have committed before it was killed: an undo would then delete classes that marks lead to.
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

/** Calls `work` while a command runs. The command has ended when this returns or throws. */
async function during<T>(command: Promise<void>, work: () => T): Promise<T> {
  try {
    return work();
  } finally {
    await command;
  }
}

/**
 * Removes the differences on taps that are gone: the kernel has deleted these with all that was on them.
 * @returns undefined where a tap still exists: its clsact may have filters of others by now
 */
function withoutGoneTaps(differences: Difference[]): Difference[] | undefined {
  const isTap = ({ action, kind }: Difference) => action === 'remove' && kind === 'clsact';
  const taps = differences.filter(isTap);
  if (taps.length === 0) return differences;
  const present = new Set(deviceNames());
  if (taps.some(({ device }) => present.has(device))) return undefined;
  return differences.filter((one) => !isTap(one));
}
