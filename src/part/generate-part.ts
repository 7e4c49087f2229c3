// Incremental rendering, for when only a few guests have come or gone since the former run. The pipeline runs twice for
// these guests and their neighbours only, once with the former inputs and once with the present ones; the difference of the
// two results is spliced into the former rules. The result is byte for byte that of a run for all guests; where that is not
// certain, generatePart returns undefined and the caller renders everything (test/fuzz/part.test.ts).
import { matchGuest } from '../config/pattern.ts';
import { deviceNamesIn } from '../config/real-names.ts';
import type { Guest } from '../guests/guest.ts';
import type { Device, Host } from '../host/host.ts';
import { generate, type Inputs, type Outputs } from '../pipeline.ts';
import { assignIds, type ChosenIds, keepIds } from '../plan/ids.ts';
import type { Rules } from '../render/render.ts';
import { apartInOrder } from '../text/apart.ts';
import { both, directions } from '../units/units.ts';
import { type Basis, basisLines, basisOf, deviceIn, guestIn, type Lines } from './basis.ts';
import { neighboursOf } from './neighbours.ts';
import { splice } from './splice.ts';

/** The former run, which was for all guests. */
export interface Former {
  lines: Lines;
  basis: Basis;
  rules: Rules;
}

export interface Part {
  /** Results for the guests that come or go and their neighbours only. */
  before: Outputs;
  now: Outputs;
  /** For all guests. */
  rules: Rules;
  chosen: ChosenIds;
  lines: Lines;
  basis: Basis;
}

/** With more guests than these a run for all guests takes no longer. */
const most = { changed: 64, near: 150 };

/** @param inputs of now, with the ids that the former run has drawn */
export function generatePart(former: Former, inputs: Inputs): Part | undefined {
  const lines = basisLines(inputs);
  if (!lines || lines.common !== former.lines.common) return undefined;
  const guests = apartInOrder(former.lines.guests, lines.guests);
  const devices = apartInOrder(former.lines.devices, lines.devices);
  if (!guests || !devices) return undefined;
  const [gone, come] = [new Set(guests.gone), new Set(guests.come)];
  const left = guests.gone.map(guestIn);
  const came: Guest[] = [];
  const rest: Guest[] = [];
  for (const [index, guest] of inputs.guests.entries())
    (come.has(lines.guests[index] ?? '') ? came : rest).push(guest);
  const changed = [...left, ...came];
  if (changed.length === 0 || changed.length > most.changed) return undefined;
  // Of the devices only the taps of these guests may have changed: any other change may concern other guests' lines.
  const taps = new Set(changed.flatMap(({ nics }) => nics.map(({ tap }) => tap)));
  const formerDevices = devices.gone.map(deviceIn);
  const presentDevices = devices.come.map(deviceIn);
  const isAlike = (name: string, device: Device) => taps.has(name) || mattersToNobody(inputs, name, device);
  if (![...formerDevices, ...presentDevices].every(([name, device]) => isAlike(name, device)))
    return undefined;
  // An id that the configuration sets may displace one that virt-shaper has drawn for another class.
  if (changed.some(({ name }) => matchGuest(inputs.config, name)?.id)) return undefined;

  const near = neighboursOf(inputs.config, inputs.host, rest, changed, former.basis.unshaped);
  const host = near.size > most.near ? undefined : withoutOthers(inputs, rest, near, taps);
  const numbered = host && number(inputs, rest, left, came);
  if (!host || !numbered) return undefined;
  const names = new Set([...near, ...changed].map(({ name }) => name));
  const own = [...names].flatMap((name): [string, number][] => {
    const id = Object.hasOwn(numbered.guests, name) ? numbered.guests[name] : undefined;
    return id === undefined ? [] : [[name, id]];
  });
  const chosen = { guests: Object.fromEntries(own), groups: numbered.groups };
  const run = (guests: Guest[], devices: Host['devices']) =>
    generate({ ...inputs, guests, host: { ...host, devices }, chosen });
  const some = inputs.guests.filter((guest) => near.has(guest) || came.includes(guest));
  const nearBy = new Map([...near].map((guest) => [JSON.stringify(guest), guest]));
  const formerGuests: Guest[] = [];
  for (const line of former.lines.guests) {
    const guest = gone.has(line) ? guestIn(line) : nearBy.get(line);
    if (guest) formerGuests.push(guest);
  }
  const absent = new Set(presentDevices.map(([name]) => name));
  const there = [...host.devices].filter(([name]) => !absent.has(name));
  const before = run(formerGuests, new Map([...there, ...formerDevices]));
  const now = run(some, host.devices);
  const shaped = new Set(now.policy.uplinks.flatMap(({ guests }) => guests.map(({ name }) => name)));
  if (!came.every(({ name }) => shaped.has(name))) return undefined;
  const basis = basisNow(former.basis, basisOf(before), basisOf(now));
  const rules = basis && spliceRules(former.rules, before.rules, now.rules);
  return rules ? { before, now, rules, chosen: numbered, lines, basis } : undefined;
}

/**
 * Whether no line depends on the device: a tap whose guest has not started yet, or a device that is neither a bridge's port
 * nor a NIC nor on top of one, and that neither the configuration nor a guest names.
 */
function mattersToNobody({ config, guests }: Inputs, name: string, device: Device): boolean {
  const { tap, master, physical, lower } = device;
  if (!tap && (master || physical || lower)) return false;
  const routed = config.uplinks.flatMap((uplink) => uplink.routed?.map(({ value }) => value) ?? []);
  if (routed.includes(name) || deviceNamesIn(config).includes(name)) return false;
  return !guests.some(({ nics }) => nics.some((nic) => nic.tap === name || nic.bridge === name));
}

/**
 * The host without the taps of guests that are no neighbours: only a tap's own guest depends on it.
 * @returns undefined where one of the taps is more than a tap, such as an uplink
 */
function withoutOthers(
  { config, host }: Inputs,
  rest: Guest[],
  near: Set<Guest>,
  changed: Set<string>,
): Host | undefined {
  const others = rest.filter((guest) => !near.has(guest));
  const left = new Set(others.flatMap(({ nics }) => nics.map(({ tap }) => tap)));
  const uplinks = new Set(config.uplinks.map(({ name }) => name));
  const devices: Host['devices'] = new Map();
  for (const [name, device] of host.devices) {
    const { lower, physical, peer } = device;
    if (left.has(name) || changed.has(name)) {
      if (uplinks.has(name) || lower || physical || peer) return undefined;
    } else if (lower?.some((one) => left.has(one) || changed.has(one))) return undefined;
    if (!left.has(name)) devices.set(name, device);
  }
  return { ...host, devices };
}

/** Draws ids exactly as a run for all guests does: the names in use are those that are neither idle nor have left. */
function number(
  { config, chosen }: Inputs,
  rest: Guest[],
  left: Guest[],
  came: Guest[],
): ChosenIds | undefined {
  const stays = new Set(rest.map(({ name }) => name));
  const comes = came.map(({ name }) => name);
  const leaves = new Set(left.map(({ name }) => name).filter((name) => !stays.has(name)));
  const known = Object.keys(chosen.guests);
  if (known.length + came.length > mostNames) return undefined;
  const ends = [...leaves].filter((name) => !comes.includes(name));
  const kept = keepIds(config, comes, ends, chosen);
  if (kept) return kept;
  const idle = new Set(chosen.idle);
  const running = known.filter((name) => !idle.has(name) && !leaves.has(name));
  return assignIds(config, [...running, ...comes], chosen).chosen;
}

/** With more names, ids are taken away from guests that have been idle for longest (plan/ids.ts). */
const mostNames = 9000;

/** @returns the basis of a run for all guests; undefined where the change concerns the lines of other guests */
function basisNow(former: Basis, before: Basis | undefined, now: Basis | undefined): Basis | undefined {
  if (!before || !now) return undefined;
  const isSame = [before, now].every(
    ({ frame, warnings }) => frame === former.frame && warnings.join('\n') === former.warnings.join('\n'),
  );
  const room = Object.entries(former.room).map(([uplink, was]) => {
    const [some, others] = [before.room[uplink], now.room[uplink]];
    return [uplink, both((way) => was[way] + (others?.[way] ?? 0) - (some?.[way] ?? 0))] as const;
  });
  const fits = room.every(([, left]) => directions.every((direction) => left[direction] >= 0));
  return isSame && fits ? { ...now, room: Object.fromEntries(room) } : undefined;
}

function spliceRules(whole: Rules, before: Rules, now: Rules): Rules | undefined {
  const names = ['ruleset.nft', 'shape.tc', 'devices.ip', 'settings.sysctl'] as const;
  const texts = names.map((name) => [name, splice(whole[name], before[name], now[name])] as const);
  return texts.some(([, text]) => text === undefined)
    ? undefined
    : (Object.fromEntries(texts) as unknown as Rules);
}
