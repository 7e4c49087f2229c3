// Finds the owners of classes: the pairs of ports whose frames a ruleset leads to a class. It reads files of rules.d and
// nft's listings alike. A class that gets frames of other pairs belongs to another guest.

import { memoize } from '../../system/memoize.ts';
import type { State, TcObject } from '../objects.ts';
import { given, parseRuleset, partsOf, type Table, targetOf } from './table.ts';

/** Class id (`1:10`) -> the pairs (`vnet0 . eth0`) whose frames it gets. Empty for a ruleset that we did not write. */
export type ClassOwners = Map<string, Set<string>>;

export const readOwners = memoize((text: string): ClassOwners => {
  const owners: ClassOwners = new Map();
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
        // The key is a device and a mark, for what leaves the host: the mark tells where the frame came in.
        if (!second.startsWith('0x')) pairs.add(`${first} . ${second}`);
        else for (const entrance of entrances.get(second) ?? []) pairs.add(`${entrance} . ${first}`);
      }
    }
  }
  return owners;
});

/**
 * Element -> its value for people: `vnet0 . eth0` -> `class 1:10`. Elements of maps other than that of the forward hook have
 * the map's name before them.
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

/** Mark -> the devices at which frames get it as they come in. */
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

/** The pairs whose frames pass a class: those that lead to it or to a class below it. */
export function pairsBelow(owners: ClassOwners, children: Children, { device, id }: TcObject): Set<string> {
  const pairs = (children.get(`${device} ${id}`) ?? []).flatMap((child) => [
    ...pairsBelow(owners, children, child),
  ]);
  return new Set([...(owners.get(id) ?? []), ...pairs]);
}

/** Device and id of a class -> the objects directly below it. */
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

/** Whether a class changes owners: none of the pairs that lead to it stays. */
export function isHandedOver(before: Set<string>, after: Set<string>): boolean {
  return before.size > 0 && after.size > 0 && ![...after].some((pair) => before.has(pair));
}
