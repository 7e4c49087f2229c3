// Prefetches the kernel's state for a load: nft and tc answer while the rules are still being rendered or parsed.

import { parseLoaded } from '../diff/parse-rules.ts';
import type { KernelState, State } from '../kernel/objects.ts';
import type { Rules } from '../render/render.ts';
import { areSame, readIfGood } from '../store/in-force-rules.ts';
import { isJournalled } from '../store/journal.ts';
import { hasFingerprint } from '../store/table-fingerprint.ts';
import { isThere } from '../system/files.ts';
import { once } from '../system/memoize.ts';
import { Interview, isAsSeen, readQuestions } from './answer-cache.ts';
import { checkRuleset } from './apply.ts';
import type { Site } from './context.ts';
import { readState, readTable } from './read-state.ts';
import type { RulesetCheck } from './transaction.ts';

/** The state that was loaded last, and the kernel's state now. */
export interface Prefetched {
  /** The rules in force. Parsed lazily; undefined where they cannot be parsed: then this load replaces them. */
  good: () => Good | undefined;
  /** nft's listing of our tables. */
  table: Promise<string>;
  /** The kernel's state. Parsed lazily. */
  before: () => Promise<KernelState>;
  /** All questions, with their answers. */
  interview: Interview;
  /** Whether these rules are in force and all answers are equal to the cached ones, so that there is nothing to do. */
  isUnchanged: (rules: Rules) => Promise<boolean>;
}

/**
 * Starts nft and tc, and does not wait for them. Call it under the lock, and load under the same lock. An error is thrown
 * where its answer is awaited.
 */
export function readAhead(site: Site): Prefetched {
  site.progress?.('reading what the kernel holds ...');
  const interview = new Interview(site.run);
  const asking = { ...site, run: interview.run };
  const table = readTable(asking.run); // First, since it takes longest.
  table.catch(() => {});
  const rules = readGoodRules(site);
  const questions = rules && !isJournalled(site.journal) ? readQuestions(site.seen, rules) : undefined;
  for (const { command, args, input } of questions ?? []) void asking.run(command, args, { input });
  const good = once(() => understand(rules));
  const before = once(() => {
    const state = readState(asking, { expected: good()?.state, table });
    state.catch(() => {});
    return state;
  });
  if (!questions) before();
  const isUnchanged = async (wanted: Rules) =>
    questions !== undefined &&
    areSame(rules, wanted) &&
    hasFingerprint(site.listing, wanted['ruleset.nft']) &&
    (await isAsSeen(site.seen, wanted, interview));
  return { good, table, before, interview, isUnchanged };
}

/** Starts nft's check of the new ruleset, which runs while the rules and tc's answers are parsed here. */
export function checkAhead(site: Site, rules: Rules, { good, table }: Prefetched): RulesetCheck | undefined {
  const text = rules['ruleset.nft'];
  if (!isUnlisted(site) && good()?.rules['ruleset.nft'] === text) return undefined;
  // Not while nft lists: a check adds the table and aborts, and a listing at that moment may show a table that is not there.
  const done = table.then(() => checkRuleset(site, text));
  done.catch(() => {});
  return { text, done };
}

/** Whether no listing of our tables is stored, as after a boot or `unload`: then there are mostly none in the kernel. */
export function isUnlisted({ listing }: Site): boolean {
  return !isThere(listing);
}

interface Good {
  rules: Rules;
  state: State;
}

function readGoodRules({ rules }: Site): Rules | undefined {
  try {
    return readIfGood(rules);
  } catch {
    return undefined;
  }
}

function understand(rules: Rules | undefined): Good | undefined {
  try {
    const state = rules && parseLoaded(rules);
    return rules && state && { rules, state };
  } catch {
    return undefined;
  }
}
