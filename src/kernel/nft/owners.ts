// Which pairs of ports a ruleset leads to which class: the same reading for a file of rules.d and for what
// nft lists. Two rulesets that give a class to different pairs have given it to another guest.

import { memoize } from '../../system/memoize.ts';
import type { State, TcObject } from '../objects.ts';
import { given, parseRuleset, partsOf, type Table, targetOf } from './table.ts';

/** Class id (`1:10`) -> the pairs (`vnet0 . eth0`) whose frames it gets. Empty for a ruleset of other form. */
export type Owners = Map<string, Set<string>>;

export const readOwners = memoize((text: string): Owners => {
  const owners: Owners = new Map();
  const { tables } = parseRuleset(text);
  const entrances = readEntrances([...tables.values()]);
  for (const { chains, maps } of tables.values()) {
    for (const { elements } of maps.values()) {
      for (const [key, value] of elements) {
        const chain = chains.get(targetOf(value) ?? '');
        const id = chain ? given(chain).class : value.includes(':') ? value : undefined;
        if (!id) continue;
        const pairs = owners.get(id) ?? new Set();
        owners.set(id, pairs);
        const [first = '', second = ''] = partsOf(key);
        // What leaves the host is known by its mark, which it got where it came in.
        if (!second.startsWith('0x')) pairs.add(`${first} . ${second}`);
        else for (const entrance of entrances.get(second) ?? []) pairs.add(`${entrance} . ${first}`);
      }
    }
  }
  return owners;
});

/**
 * Every element with what it leads to, in words: `vnet0 . eth0` -> `class 1:10`, of other maps than that of the forward
 * hook with the map's name before it.
 */
export function readElements(text: string): Map<string, string> {
  const all = new Map<string, string>();
  for (const { chains, maps } of parseRuleset(text).tables.values()) {
    for (const [name, { elements }] of maps) {
      for (const [key, value] of elements) {
        const chain = chains.get(targetOf(value) ?? '');
        const id = chain ? given(chain).class : value.startsWith('0x') ? undefined : value;
        const words = partsOf(key).join(' . ');
        all.set(name === 'guests' ? words : `${name} ${words}`, id ? `class ${id}` : value || 'the set');
      }
    }
  }
  return all;
}

/** Mark -> the devices by which a frame came into the host that has it. */
function readEntrances(tables: Table[]): Map<string, Set<string>> {
  const entrances = new Map<string, Set<string>>();
  for (const { elements } of tables.flatMap(({ maps }) => [...maps.values()])) {
    for (const [key, mark] of elements) {
      if (!mark.startsWith('0x')) continue;
      const devices = entrances.get(mark) ?? new Set();
      entrances.set(mark, devices.add(partsOf(key)[0] ?? ''));
    }
  }
  return entrances;
}

/** The pairs whose frames pass a class: its own, or those of the classes below it. */
export function pairsBelow(owners: Owners, children: Children, { device, id }: TcObject): Set<string> {
  const pairs = (children.get(`${device} ${id}`) ?? []).flatMap((child) => [
    ...pairsBelow(owners, children, child),
  ]);
  return new Set([...(owners.get(id) ?? []), ...pairs]);
}

/** Device and id of a class -> what hangs below it. */
export type Children = Map<string, TcObject[]>;

export function childrenIn({ objects }: State): Children {
  const children: Children = new Map();
  for (const object of objects.values()) {
    if (object.parent === undefined) continue;
    const key = `${object.device} ${object.parent}`;
    const known = children.get(key);
    if (known) known.push(object);
    else children.set(key, [object]);
  }
  return children;
}

/** Whether a class changes owners: it shall get other frames, and none of those that it gets now. */
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
