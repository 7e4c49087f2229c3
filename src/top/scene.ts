// What top shows, as plain data: everything that was measured, before anybody chose how to look at it. Rates
// are bits per second, packets and drops those of a second, the backlog is bytes.

import type { Fault } from '../observe/fault.ts';
import type { GuestState } from '../observe/guests.ts';
import type { AllowancesInUse } from '../observe/volumes.ts';
import type { ForNowValues } from '../policy/moment/for-now.ts';
import type { Both } from '../units/units.ts';

/** One class in one direction. */
export interface Flow {
  /** Guaranteed. Absent, as all else, where there is no class in this direction. */
  rate?: number | undefined;
  ceil?: number | undefined;
  /** What of both is otherwise than on other days. */
  forNow?: ForNowValues | undefined;
  /** Absent until it has been counted twice, and for a class that the kernel does not have. */
  now?: number | undefined;
  packets?: number | undefined;
  drops?: number | undefined;
  backlog?: number | undefined;
}

/** A guest, a group, all that belongs to no guest or is sent to none alone, on one uplink. */
export interface Row {
  kind: 'guest' | 'group' | 'unmarked' | 'flooded';
  name: string;
  group?: string | undefined;
  /** Absent, with `flow`, for a guest that the policy leaves out. */
  uplink?: string | undefined;
  flow?: Both<Flow> | undefined;
  /** Of guests. */
  state?: GuestState | undefined;
  /** As every view has it; of guests. */
  shaped?: Both<boolean> | undefined;
  faults?: Fault[] | undefined;
  /** Bytes of its volume, or of its credit, before a limit changes; absent where there is none. */
  left?: number | undefined;
  /** Why it is not shaped as it should be, printable. */
  note?: string | undefined;
}

export interface Link {
  name: string;
  flow: Both<Flow>;
}

export interface Scene {
  /** Milliseconds since 1970. */
  at: number;
  host: string;
  links: Link[];
  rows: Row[];
  /** What `left` is of, for who wants to know more. */
  allowances?: AllowancesInUse;
  /** Why there is nothing, or nothing new, to be shown; printable. */
  trouble?: string | undefined;
  /** Why there is nothing to be shown though all is well. */
  note?: string | undefined;
}

export type Counted = 'now' | 'packets' | 'drops' | 'backlog';

/** Of both directions; nothing when neither is known. */
export function sum(flow: Both<Flow> | undefined, key: Counted): number | undefined {
  const known = [flow?.out[key], flow?.in[key]].filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, one) => total + one, 0);
}

/** How much of its ceil the fuller direction uses, 1 being all of it. */
export function share(flow: Both<Flow> | undefined): number | undefined {
  const shares = [flow?.out, flow?.in].flatMap((one) =>
    one?.now === undefined || !one.ceil ? [] : one.now / one.ceil,
  );
  return shares.length === 0 ? undefined : Math.max(...shares);
}

/** Its frames are held to nothing of its own, so there is nothing to measure. */
export function isBare({ flow, state }: Row): boolean {
  return !flow || state === 'unshaped' || state === 'gone';
}

/** Neither sends nor receives, and nothing waits. */
export function isIdle({ flow }: Row): boolean {
  return !sum(flow, 'now') && !sum(flow, 'drops') && !sum(flow, 'backlog');
}
