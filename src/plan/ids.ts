// The permanent id of each guest and group: its class's minor number in both trees and, added to the base, its mark. An id
// that is not configured is a hash of the name, so it is the same on every host, whichever guest started first; only on a
// collision does the later name take the next free id.

import type { Config } from '../config/config.ts';
import { fnv1a } from '../system/digest.ts';
import { Failure } from '../system/errors.ts';

/** The ids assigned so far, by name, as the store in /var/lib/virt-shaper keeps them. */
export interface ChosenIds {
  guests: Record<string, number>;
  groups: Record<string, number>;
  /** Idle guests, which neither run nor have an entry, in the order in which they became idle. */
  idle?: string[];
}

/** How many names keep an id. Beyond that the ids of idle guests are reused, the longest idle ones first. */
const most = { guests: 10_000, groups: 1000 };

export interface Ids {
  guests: Map<string, number>;
  groups: Map<string, number>;
  /** The minor numbers of virt-shaper's own classes, outside the ranges of configured and hashed ids. */
  link: number;
  unmarked: number;
  flooded: number;
}

/** The range of hashed ids, inclusive. 1..0xfff is left to the administrator, 0xff00.. to link, unmarked and flooded. */
const guestRange = { first: 0x1000, last: 0xefff };
const groupRange = { first: 0xf000, last: 0xfeff };

/**
 * @param running names of the guests to be shaped
 * @param chosen the stored ids; one that another name has configured meanwhile is assigned anew
 * @returns every id, and the ids to store
 */
export function assignIds(
  config: Config,
  running: string[],
  chosen: ChosenIds,
): { ids: Ids; chosen: ChosenIds } {
  const fixedGuests = fixed(config.guests.filter((guest) => !guest.pattern));
  const fixedGroups = fixed(config.groups);
  const unmarked = config.uplinks.flatMap((uplink) => uplink.unmarked.id?.value ?? []);
  const taken = new Set([...fixedGuests.values(), ...fixedGroups.values(), ...unmarked]);

  const exact = config.guests.filter((guest) => !guest.pattern).map((guest) => guest.name);
  const used = free([...exact, ...running], fixedGuests);
  const idle = idleGuests(used, fixedGuests, chosen);
  const guestNames = free([...used, ...idle], fixedGuests);
  const configured = config.groups.map((group) => group.name);
  const formerly = Object.keys(chosen.groups).filter((name) => !configured.includes(name));
  const room = Math.max(0, most.groups - configured.length);
  const groupNames = free([...configured, ...formerly.slice(0, room)], fixedGroups);
  const guests = draw(guestNames, chosen.guests, guestRange, taken);
  const groups = draw(groupNames, chosen.groups, groupRange, taken);

  const link = lastFree(taken);
  taken.add(link);
  const unmarkedId = lastFree(taken);
  taken.add(unmarkedId);
  return {
    ids: {
      guests: new Map([...guests, ...fixedGuests]),
      groups: new Map([...groups, ...fixedGroups]),
      link,
      unmarked: unmarkedId,
      flooded: firstFree(taken),
    },
    chosen: {
      guests: toRecord(guests),
      groups: toRecord(groups),
      ...(idle.length > 0 ? { idle } : {}),
    },
  };
}

/**
 * What to keep, as assignIds has it, where guests come and go that have their ids already: nobody draws one, and who
 * neither came nor left need not be looked at.
 * @param chosen what assignIds has left, by the same configuration
 * @param left who does not run any more
 * @returns nothing where somebody has none yet
 */
export function keepIds(
  config: Config,
  came: string[],
  left: string[],
  chosen: ChosenIds,
): ChosenIds | undefined {
  const { guests, groups, idle: before = [] } = chosen;
  if (![...came, ...left].every((name) => Object.hasOwn(guests, name))) return undefined;
  const inUse = new Set([
    ...came,
    ...config.guests.filter(({ pattern }) => !pattern).map(({ name }) => name),
  ]);
  const idle = [...new Set([...before, ...[...left].sort()])].filter((name) => !inUse.has(name));
  return { guests, groups, ...(idle.length > 0 ? { idle } : {}) };
}

function idleGuests(used: string[], fixedIds: Map<string, number>, chosen: ChosenIds): string[] {
  const inUse = new Set([...used, ...fixedIds.keys()]);
  const known = Object.keys(chosen.guests);
  const has = new Set(known);
  const before = new Set((chosen.idle ?? []).filter((name) => has.has(name)));
  const idle = [...before, ...known.filter((name) => !before.has(name)).sort()].filter(
    (name) => !inUse.has(name),
  );
  return idle.slice(Math.max(0, idle.length - Math.max(0, most.guests - used.length)));
}

function fixed(entries: { name: string; id?: { value: number } }[]): Map<string, number> {
  return new Map(entries.flatMap(({ name, id }) => (id ? [[name, id.value] as const] : [])));
}

function free(names: string[], fixedIds: Map<string, number>): string[] {
  return [...new Set(names)].filter((name) => !fixedIds.has(name)).sort();
}

/** Names with an id keep it; then each of the others gets one, in name order. Adds to `taken`. */
function draw(
  names: string[],
  chosen: Record<string, number>,
  range: { first: number; last: number },
  taken: Set<number>,
): Map<string, number> {
  const ids = new Map<string, number>();
  const without: string[] = [];
  for (const name of names) {
    const id = Object.hasOwn(chosen, name) ? chosen[name] : undefined;
    if (id === undefined || taken.has(id)) {
      without.push(name);
    } else {
      ids.set(name, id);
      taken.add(id);
    }
  }
  for (const name of without) {
    const id = nextFree(range, fnv1a(name), taken);
    ids.set(name, id);
    taken.add(id);
  }
  return ids;
}

function nextFree(
  { first, last }: { first: number; last: number },
  start: number,
  taken: Set<number>,
): number {
  const size = last - first + 1;
  for (let step = 0; step < size; step += 1) {
    const id = first + ((start + step) % size);
    if (!taken.has(id)) return id;
  }
  throw new Failure(
    `no class id is left: all of 0x${first.toString(16)}..0x${last.toString(16)} are taken`,
    'all of them are of guests that run or have an entry: take entries out of the configuration',
  );
}

/** Far from the handles that leaves fall back to when their class's minor is taken (make-plan.ts). */
function firstFree(taken: Set<number>): number {
  let id = groupRange.last + 1;
  while (taken.has(id)) id += 1;
  return id;
}

function lastFree(taken: Set<number>): number {
  let id = 0xffff;
  while (taken.has(id)) id -= 1;
  return id;
}

function toRecord(ids: Map<string, number>): Record<string, number> {
  return Object.fromEntries([...ids.keys()].sort().map((name) => [name, idOf(ids, name)]));
}

/** @throws Error for a name that assignIds was not given */
export function idOf(ids: Map<string, number>, name: string): number {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`no id was assigned to ${name}`);
  return id;
}
