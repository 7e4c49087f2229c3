// Parses the variable names of the old file: ceil_DEVICE is a link, GUEST_DEVICE a guest on one. Shell variables contain no "-"
// and no ".", and "_" is both part of names and the separator, so some names are ambiguous; every guess is reported.
import { isDeviceName } from '../units/units.ts';
import { type Notes, quotation } from './notes.ts';
import type { Assignment } from './shell-assignments.ts';

export interface OldNames {
  /** Keyed by device, in the order of the file. */
  links: Map<string, Assignment>;
  guests: { guest: string; device: string; assignment: Assignment }[];
}

export function readNames(assignments: Assignment[], notes: Notes): OldNames {
  const names: OldNames = { links: new Map(), guests: [] };
  for (const assignment of assignments) {
    const device = /^ceil_(.+)$/.exec(assignment.name)?.[1];
    if (device !== undefined && isDevice(device, assignment, notes)) names.links.set(device, assignment);
  }
  for (const assignment of assignments) {
    if (/^ceil_./.test(assignment.name)) continue;
    const parts = splitName(assignment, [...names.links.keys()], notes);
    if (parts !== undefined && isDevice(parts.device, assignment, notes)) {
      names.guests.push({ ...parts, assignment });
    }
  }
  sayUnderscores(names, notes);
  return names;
}

function isDevice(device: string, { offset }: Assignment, notes: Notes): boolean {
  if (isDeviceName(device)) return true;
  const hint = 'names of devices have at most 15 characters';
  notes.error(offset, `${quotation(device)} cannot be a network device: not taken over`, hint);
  return false;
}

function splitName({ name, offset }: Assignment, devices: string[], notes: Notes) {
  const known = devices
    .filter((device) => name.endsWith(`_${device}`) && name.length > device.length + 1)
    .sort((a, b) => b.length - a.length);
  const device = known[0] ?? /^.+_([^_]+)$/.exec(name)?.[1];
  if (device === undefined) {
    const hint = 'the old hook knew ceil_DEVICE="CEIL" and GUEST_DEVICE="ID RATE CEIL"';
    notes.error(offset, `${quotation(name)} names no guest and device: not taken over`, hint);
    return undefined;
  }
  const guest = name.slice(0, -device.length - 1);
  if (known.length > 1 || (known.length === 0 && guest.includes('_'))) {
    const why =
      known.length > 1 ? `both ${known.join(' and ')} are devices here` : `no ceil_ line names its device`;
    notes.warning(offset, `${quotation(name)} is taken for guest ${guest} on ${device}: ${why}`);
  }
  return { guest, device };
}

function sayUnderscores({ links, guests }: OldNames, notes: Notes): void {
  const said = new Set<string>();
  const say = (kind: string, name: string, offset: number) => {
    if (!name.includes('_') || said.has(`${kind} ${name}`)) return;
    said.add(`${kind} ${name}`);
    const dotted = name.replaceAll('_', '.');
    const dashed = name.replaceAll('_', '-');
    const hint = `if it is ${dotted} or ${dashed}, rename it in config.toml`;
    notes.warning(
      offset,
      `the ${kind} may have another name than ${name}: shell names cannot hold "." and "-"`,
      hint,
    );
  };
  for (const [device, { offset }] of links) say('device', device, offset);
  for (const { guest, device, assignment } of guests) {
    say('guest', guest, assignment.offset);
    say('device', device, assignment.offset);
  }
}
