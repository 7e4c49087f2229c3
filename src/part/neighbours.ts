// The neighbours of the few guests that come or go: guests whose lines stand next to theirs, by the order of names or of
// taps, or depend on them, as in one group. If one were missing here, splice.ts would not find the place of a line, and
// everything would be rendered: slower, but never wrong.
import type { Config } from '../config/config.ts';
import { matchGuest } from '../config/pattern.ts';
import type { Guest } from '../guests/guest.ts';
import type { Host } from '../host/host.ts';
import { findUplinks } from '../policy/uplinks.ts';

/**
 * @param rest guests that were there and stay
 * @param changed guests that come or go
 * @param unshaped names of guests that the policy could not shape; their lines say so
 */
export function neighboursOf(
  config: Config,
  host: Host,
  rest: Guest[],
  changed: Guest[],
  unshaped: string[],
): Set<Guest> {
  const near = new Set<Guest>();
  const names = new Set([...unshaped, ...changed.map(({ name }) => name)]);
  for (const guest of rest) if (names.has(guest.name)) near.add(guest);
  const uplinks = uplinksOf(config, host);
  const groups = groupsOf(config);
  const shaped = rest.filter((guest) => !near.has(guest));
  // At least one guest behind each uplink, so that each has lines in the part.
  const seen = new Set<string>();
  for (const guest of shaped) {
    for (const { tap, bridge } of guest.nics) {
      const where = uplinks(tap, bridge);
      if (!seen.has(where)) near.add(guest);
      seen.add(where);
    }
  }
  for (const one of changed) {
    const behind = new Set(one.nics.map(({ tap, bridge }) => uplinks(tap, bridge)));
    const isBehind = ({ nics }: Guest) => nics.some(({ tap, bridge }) => behind.has(uplinks(tap, bridge)));
    const beside = behind.size === 1 && seen.size === 1 ? shaped : shaped.filter(isBehind);
    for (const list of beside === shaped ? [shaped] : [shaped, beside]) {
      addNext(near, list, one.name, ({ name }) => [name]);
      for (const { tap } of one.nics) addNext(near, list, tap, ({ nics }) => nics.map((nic) => nic.tap));
    }
    if (config.groups.length > 0) addByGroups(near, beside, one, groups);
  }
  return near;
}

/** Tap -> a key for the uplinks of its bridge, or for the bridge where it has none. */
function uplinksOf(config: Config, host: Host): (tap: string, bridge?: string) => string {
  const known = new Map<string, string>();
  const named = new Set(config.uplinks.map(({ name }) => name));
  // Taps are left out, of which there are thousands: only one that the configuration names can be an uplink.
  const devices: Host['devices'] = new Map();
  for (const [name, device] of host.devices) if (!device.tap || named.has(name)) devices.set(name, device);
  const without = { ...host, devices };
  return (tap, noted = '') => {
    const bridge = host.devices.get(tap)?.master ?? noted;
    const found =
      known.get(bridge) ??
      (findUplinks(config, without, [], bridge)
        .uplinks.map(({ name }) => name)
        .join(' ') ||
        bridge);
    known.set(bridge, found);
    return found;
  };
}

/** Guest -> the groups that it may be in, on one uplink or another. */
function groupsOf(config: Config): (guest: Guest) => string[] {
  const isFree = config.defaults.metadata !== false;
  return ({ name, metadata }) => {
    const entry = matchGuest(config, name);
    const own = [entry?.group, ...[...(entry?.on.values() ?? [])].map(({ group }) => group)];
    const asked = isFree && metadata?.group !== undefined ? [metadata.group] : [];
    return [...own.flatMap((group) => group?.value ?? []), ...asked];
  };
}

/** A tree has groups in the order of names, each with its members, then the guests without a group. */
function addByGroups(
  near: Set<Guest>,
  beside: Guest[],
  one: Guest,
  groupsOf: (guest: Guest) => string[],
): void {
  const own = new Set(groupsOf(one));
  const members = new Map<string, Guest[]>();
  const alone: Guest[] = [];
  for (const guest of beside) {
    const groups = groupsOf(guest);
    if (groups.length === 0) alone.push(guest);
    for (const group of groups) members.set(group, [...(members.get(group) ?? []), guest]);
  }
  const names = [...members.keys()].sort();
  const wanted = new Set(own);
  for (const group of own) {
    const next = names.findIndex((name) => name >= group);
    for (const name of [names[next - 1], names[next], names[next + 1]])
      if (name !== undefined) wanted.add(name);
  }
  addNext(near, alone, one.name, ({ name }) => [name]);
  if (own.size === 0 || names.at(-1) === undefined || wanted.has(names.at(-1) ?? '')) {
    if (names.length > 0) wanted.add(names.at(-1) ?? '');
    const [first] = [...alone].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (first) near.add(first);
  }
  for (const group of wanted) for (const guest of members.get(group) ?? []) near.add(guest);
}

/**
 * Adds the two guests before a key and the two after it. One each would do, were it not for the last line of a list, which
 * ends differently: where a guest becomes or was the last, the line before it changes too, and its place has to be found.
 */
function addNext(near: Set<Guest>, guests: Guest[], key: string, keysOf: (guest: Guest) => string[]): void {
  type Found = { key: string; guest: Guest } | undefined;
  let [before, further, after, beyond]: Found[] = [];
  for (const guest of guests) {
    for (const own of keysOf(guest)) {
      if (own < key && (further === undefined || own > further.key)) {
        if (before === undefined || own > before.key) [before, further] = [{ key: own, guest }, before];
        else further = { key: own, guest };
      }
      if (own > key && (beyond === undefined || own < beyond.key)) {
        if (after === undefined || own < after.key) [after, beyond] = [{ key: own, guest }, after];
        else beyond = { key: own, guest };
      }
    }
  }
  for (const found of [before, further, after, beyond]) if (found) near.add(found.guest);
}
