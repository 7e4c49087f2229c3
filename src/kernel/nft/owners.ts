// Which pairs of ports a ruleset leads to which class: the same reading for a file of rules.d and for what
// nft lists. Two rulesets that give a class to different pairs have given it to another guest.

import { memoize } from '../../system/memoize.ts';
import type { State, TcObject } from '../objects.ts';

/** Class id (`1:10`) -> the pairs (`vnet0 . eth0`) whose frames it gets. Empty for a ruleset of other form. */
export type Owners = Map<string, Set<string>>;

export const readOwners = memoize((ruleset: string): Owners => {
  const lines = ruleset.split('\n').map(withoutComment);
  const classes = new Map<string, string>();
  let chain = '';
  for (const line of lines) {
    chain = line.match(/^\s*chain (\S+) \{/)?.[1] ?? chain;
    // Strings are comments of rules: with guests' names, and a guest may be called "meta priority set 1:10".
    const id = line.replace(/"[^"]*"/g, '""').match(/\bmeta priority set ([0-9a-f]+:[0-9a-f]+)\b/)?.[1];
    if (id) classes.set(chain, id);
  }
  const owners: Owners = new Map();
  for (const [, iif, oif, target] of lines
    .join('\n')
    .matchAll(/"([^"]+)" \. "([^"]+)"[^:\n]*: goto ([\w-]+)/g)) {
    const id = classes.get(target ?? '');
    if (!id) continue;
    const pairs = owners.get(id) ?? new Set();
    owners.set(id, pairs.add(`${iif} . ${oif}`));
  }
  return owners;
});

/** A `#` in a string begins none. */
function withoutComment(line: string): string {
  return line.match(/^(?:"[^"]*"|[^"#])*/)?.[0] ?? '';
}

/** The pairs whose frames pass a class: its own, or those of the classes below it. */
export function pairsBelow(owners: Owners, state: State, { device, id }: TcObject): Set<string> {
  const below = [...state.objects.values()].filter((child) => child.device === device && child.parent === id);
  const pairs = below.flatMap((child) => [...pairsBelow(owners, state, child)]);
  return new Set([...(owners.get(id) ?? []), ...pairs]);
}

/** Whether a class that has frames now shall have none of those, but others. */
export function isHandedOver(before: Set<string>, after: Set<string>): boolean {
  return before.size > 0 && after.size > 0 && ![...after].some((pair) => before.has(pair));
}

/**
 * The ruleset with other classes for some: every word that is such an id, outside comments and strings.
 * @returns nothing when an id that is to be replaced does not occur
 */
export function withClasses(ruleset: string, instead: Map<string, string>): string | undefined {
  const found = new Set<string>();
  const text = ruleset.replace(/"[^"\n]*"|#[^\n]*|(?<![\w:.])[0-9a-f]+:[0-9a-f]+(?![\w:.])/g, (word) => {
    const other = instead.get(word);
    if (other) found.add(word);
    return other ?? word;
  });
  return found.size === instead.size ? text : undefined;
}
