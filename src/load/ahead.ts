// What nft and tc can be asked before anybody knows what shall be done with the answer, so that they answer while the
// rules are made or understood.
import type { Rules } from '../render/render.ts';
import { readIfGood } from './good.ts';
import type { KernelState, State } from './objects.ts';
import { parseLoaded } from './parse-rules.ts';
import { readState, readTable } from './read-state.ts';
import type { Site } from './site.ts';
import { type Checked, checkRuleset } from './transaction.ts';

/** What was loaded last, and what the kernel holds now. */
export interface Present {
  good: Good | undefined;
  /** As nft lists it. */
  table: Promise<string>;
  before: Promise<KernelState>;
}

/**
 * nft and tc answer while whoever calls it makes the rules. Call it under the lock, and load under the same; what goes
 * wrong is told to who waits for the answer.
 */
export function readAhead(site: Site): Present {
  site.progress?.('reading what the kernel holds ...');
  const table = readTable(site.run); // What takes longest.
  table.catch(() => {});
  const good = readGood(site);
  const before = readState(site, { expected: good?.state, table });
  before.catch(() => {});
  return { good, table, before };
}

/** nft checks the new ruleset while its file and tc's answers are understood here. */
export function checkAhead(site: Site, rules: Rules, { good, table }: Present): Checked | undefined {
  const text = rules['ruleset.nft'];
  if (good?.rules['ruleset.nft'] === text) return undefined;
  // Not while nft lists: taking back what was only checked shows, for a moment, a table that is not there.
  const done = table.then(() => checkRuleset(site, text));
  done.catch(() => {});
  return { text, done };
}

interface Good {
  rules: Rules;
  state: State;
}

/** What was loaded last, as far as it can still be understood: otherwise the next load replaces it. */
function readGood(site: Site): Good | undefined {
  try {
    const rules = readIfGood(site.rules);
    const state = rules && parseLoaded(rules);
    return rules && state && { rules, state };
  } catch {
    return undefined;
  }
}
