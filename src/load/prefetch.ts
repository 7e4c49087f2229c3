// Prefetches what every load asks of nft and tc, so that they answer while the rules are still being made or parsed.

import { parseLoaded } from '../diff/parse-rules.ts';
import type { KernelState, State } from '../kernel/objects.ts';
import type { Rules } from '../render/render.ts';
import { areSame, readIfGood } from '../store/in-force-rules.ts';
import { isJournalled } from '../store/journal.ts';
import { isListed } from '../store/table-fingerprint.ts';
import { isThere } from '../system/files.ts';
import { Interview, isAsSeen, readQuestions } from './answer-cache.ts';
import { checkRuleset } from './apply.ts';
import type { Site } from './context.ts';
import { readState, readTable } from './read-state.ts';
import type { Checked } from './transaction.ts';

/** What was loaded last, and what the kernel holds now. */
export interface Present {
  /** Parsed when it is asked for. Absent where it cannot be parsed any more: then the next load replaces it. */
  good: () => Good | undefined;
  /** As nft lists it. */
  table: Promise<string>;
  /** Parsed when it is asked for. */
  before: () => Promise<KernelState>;
  /** All that was asked, with the answers. */
  interview: Interview;
  /** Whether these rules are in force, and the kernel holds what it held when they were last found to be. */
  isUnchanged: (rules: Rules) => Promise<boolean>;
}

/**
 * nft and tc answer while whoever calls it makes the rules. Call it under the lock, and load under the same; what goes
 * wrong is told to who waits for the answer.
 */
export function readAhead(site: Site): Present {
  site.progress?.('reading what the kernel holds ...');
  const interview = new Interview(site.run);
  const asking = { ...site, run: interview.run };
  const table = readTable(asking.run); // What takes longest.
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
    isListed(site.listing, wanted['ruleset.nft']) &&
    (await isAsSeen(site.seen, wanted, interview));
  return { good, table, before, interview, isUnchanged };
}

/** nft checks the new ruleset while its file and tc's answers are understood here. */
export function checkAhead(site: Site, rules: Rules, { good, table }: Present): Checked | undefined {
  const text = rules['ruleset.nft'];
  if (!isUnlisted(site) && good()?.rules['ruleset.nft'] === text) return undefined;
  // Not while nft lists: taking back what was only checked shows, for a moment, a table that is not there.
  const done = table.then(() => checkRuleset(site, text));
  done.catch(() => {});
  return { text, done };
}

/** After a boot and after `unload` nothing of ours has been listed, and mostly nothing is there. */
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

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
