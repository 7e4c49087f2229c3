// The names of everything virt-shaper makes in the kernel, in one place. 0x7673 ("vs") marks what is ours:
// as an HTB root's r2q (unused, every class has its quantum), as the filters' preference and as the base of
// the marks, so that our objects are known by looking at the kernel alone.
import { sha256 } from '../system/digest.ts';
import { Failure } from '../system/errors.ts';
import type { Direction } from '../units/units.ts';

export const signature = 0x7673;

/** Preference of the filter that sends an uplink past its own tree while that is rebuilt. */
export const detourPreference = signature + 1;

/**
 * The ifb that stands in for a tree while it is rebuilt; a number follows where one was left behind. No
 * uplink's own ifb has a `+` in this place.
 */
export const detourDevice = 'ifb+detour';

export const tableName = 'virt-shaper';

/** Alias of every ifb of ours; the uplink's name follows. */
export const aliasPrefix = 'virt-shaper:';

/** Two trees, two majors: a packet from guest to guest can never carry a class of the wrong tree. */
export const majors = { out: 1, in: 2 } as const satisfies Record<Direction, number>;

/**
 * The ifb on which what comes in by this uplink queues. Interface names end at 15 characters; the VLANs of
 * one NIC differ in their last, so a long name is not cut but digested.
 */
export function ifbName(uplink: string): string {
  const name = `ifb-${uplink}`;
  if (name.length <= 15) return name;
  return `ifb-${sha256(uplink).slice(0, 11)}`;
}

/** @param way which of the ways out of a bridge, from 0 */
export function chainName(direction: Direction, id: number, way = 0): string {
  return `${direction}-${hex(id)}${way === 0 ? '' : `-${way + 1}`}`;
}

/**
 * Where a bridge has several uplinks, its second has marks of the next range, and so on: what a tap gets is sent
 * to one ifb or another by its mark.
 * @throws Failure when there is no such range
 */
export function markOf(base: number, id: number, way = 0): number {
  const mark = base + way * 0x10000 + id;
  if (mark <= 0xffffffff) return mark;
  throw new Failure(
    `[marks] base = 0x${base.toString(16)} leaves no marks for uplink number ${way + 1} of a bridge`,
    'make it smaller, by 0x10000 for each further uplink',
  );
}

/**
 * What comes in by an uplink and goes through the host has this mark until it is known whose it is. No guest's id is 0.
 * @param index which of the uplinks in name order, from 0
 */
export function arrivalMark(base: number, index: number): number {
  return markOf(base, 0, index);
}

export function classId(direction: Direction, minor: number): string {
  return `${majors[direction]}:${hex(minor)}`;
}

/** All eight digits, as nft prints it. */
export function markText(mark: number): string {
  return `0x${hex(mark).padStart(8, '0')}`;
}

export function hex(value: number): string {
  return value.toString(16);
}
