// The class tree the old hook would have built, as an imported policy: 1:333 the default class, 1:N a group for
// each first digit N with the highest ceil of its members, 1:ID a guest. One tree per device becomes
// one policy for all of them: a guest's first device makes its entry, what differs elsewhere stands in `on`.
import { byName } from '../units/units.ts';
import type { Notes } from './notes.ts';
import { chooseIds, defaultClass } from './old-ids.ts';
import { type Settled, saySums, settleRates } from './old-rates.ts';
import type { OldGuest } from './old-values.ts';
import type {
  ImportedGroup,
  ImportedGuest,
  ImportedGuestOn,
  ImportedPolicy,
  ImportedUplink,
} from './to-toml.ts';

export interface OldLink {
  device: string;
  /** The line it came from, for a comment in the TOML. */
  from: string;
  /** The ceil in bits per second; absent when no valid ceil_ line has it. */
  ceil?: number;
}

/** The lines of one group, guest or device; never empty. */
type Lines = [Settled, ...Settled[]];

/** @returns links and guests in the order of the file; every device of a guest is among the links */
export function buildTree(
  links: OldLink[],
  guests: OldGuest[],
  notes: Notes,
): Omit<ImportedPolicy, 'source'> {
  const ceils = new Map(links.map(({ device, ceil }) => [device, ceil]));
  const settled = guests.map((guest) => settleRates(guest, ceils.get(guest.device), notes));
  const ids = chooseIds(guests, notes);

  for (const [device, here] of groupBy(settled, (guest) => guest.device)) {
    saySums(here, ceils.get(device), `on ${device}`, notes);
  }
  const groups = groupBy(settled, (guest) => guest.group);
  const names = groupBy(settled, (guest) => guest.guest);
  return {
    uplinks: links.map(buildUplink),
    groups: Array.from(groups, ([name, members]) => buildGroup(name, members, notes)).sort(byName),
    guests: Array.from(names, ([name, lines]) => buildGuest(name, ids.get(name), lines)),
  };
}

/** 333 is the old hook's default class on every device. */
function buildUplink({ device, ...link }: OldLink): ImportedUplink {
  return { name: device, ...link, unmarkedId: defaultClass };
}

function buildGroup(name: string, members: Lines, notes: Notes): ImportedGroup {
  const perDevice = Array.from(
    groupBy(members, (guest) => guest.device),
    ([device, here]) => {
      const { line, ceil } = here.reduce((a, b) => (b.ceil > a.ceil ? b : a));
      saySums(here, ceil, `of group ${name} on ${device}`, notes);
      return { device, ceil, from: `line ${line}: the highest ceil in the group` };
    },
  );
  // The highest ceil goes into the entry, since the check compares a guest's rate with it on uplinks that `on` does not name.
  const { from, ceil } = perDevice.reduce((a, b) => (b.ceil > a.ceil ? b : a));
  const others = perDevice.filter((other) => other.ceil !== ceil);
  const on = new Map(others.map(({ device, ...values }) => [device, values]));
  return { name, id: Number.parseInt(name, 16), from, ceil, on };
}

function buildGuest(name: string, id: number | undefined, lines: Lines): ImportedGuest {
  const [first] = lines;
  const guest: ImportedGuest = { name, from: `line ${first.line}`, on: new Map() };
  if (id !== undefined) guest.id = id;
  // `on` cannot say "in no group", so a guest that is in none on one device has no group in its entry.
  if (first.group !== undefined && lines.every((line) => line.group !== undefined)) guest.group = first.group;
  if (first.write.rate) guest.rate = first.rate;
  if (first.write.ceil) guest.ceil = first.ceil;
  for (const line of lines) {
    const values: ImportedGuestOn = { from: `line ${line.line}` };
    if (line.group !== undefined && line.group !== guest.group) values.group = line.group;
    if (line.rate !== first.rate) values.rate = line.rate;
    if (line.ceil !== first.ceil) values.ceil = line.ceil;
    if (Object.keys(values).length > 1) guest.on.set(line.device, values);
  }
  return guest;
}

function groupBy(guests: Settled[], key: (guest: Settled) => string | undefined): Map<string, Lines> {
  const groups = new Map<string, Lines>();
  for (const guest of guests) {
    const name = key(guest);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [guest]);
    else group.push(guest);
  }
  return groups;
}
