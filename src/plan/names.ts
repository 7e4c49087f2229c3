// The names and numbers of all objects that virt-shaper makes in the kernel. 0x7673 ("vs") identifies ours: as the r2q of an HTB
// root (unused, since every class has a quantum), as the preference of filters and as the base of marks, so that our objects are
// recognised from the kernel alone.
import { sha256 } from '../system/digest.ts';
import { Failure } from '../system/errors.ts';
import type { Direction } from '../units/units.ts';

export const signature = 0x7673;

/** The preference of the filter that redirects an uplink past its own tree while that is rebuilt. */
export const detourPreference = signature + 1;

/**
 * The ifb with a copy of a tree while that is rebuilt; a number follows where an earlier one was left behind. No uplink's own
 * ifb has a `+` in this place.
 */
export const detourDevice = 'ifb+detour';

export const tableName = 'virt-shaper';

/** The alias of every ifb of ours; the uplink's name follows. */
export const aliasPrefix = 'virt-shaper:';

/** The major numbers of the two trees differ, so a packet between guests never carries a class of the wrong tree. */
export const majors = { out: 1, in: 2 } as const satisfies Record<Direction, number>;

/**
 * The ifb that queues what an uplink receives. Interface names have at most 15 characters, and VLANs of one NIC differ in the
 * last ones, so a long name is hashed, not cut.
 */
export function ifbName(uplink: string): string {
  const name = `ifb-${uplink}`;
  if (name.length <= 15) return name;
  return `ifb-${sha256(uplink).slice(0, 11)}`;
}

/** @param way the number of the bridge's uplink, from 0 */
export function chainName(direction: Direction, id: number, way = 0): string {
  return `${direction}-${hex(id)}${way === 0 ? '' : `-${way + 1}`}`;
}

/**
 * Each uplink of a bridge has its own range of marks: the filter on a tap redirects to the ifb of one uplink or the other by the
 * mark.
 * @throws Failure when the ranges are exhausted
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
 * The mark of frames from an uplink through the host until their guest is known. No guest has the id 0.
 * @param index of the uplink in name order, from 0
 */
export function arrivalMark(base: number, index: number): number {
  return markOf(base, 0, index);
}

export function classId(direction: Direction, minor: number): string {
  return `${majors[direction]}:${hex(minor)}`;
}

/** In eight digits, as nft prints marks. */
export function markText(mark: number): string {
  return `0x${hex(mark).padStart(8, '0')}`;
}

export function hex(value: number): string {
  return value.toString(16);
}
