// The scene: everything that top measured, as plain data, independent of the view. Rates are bits per second, packets and drops
// per second, the backlog in bytes.

import type { Fault } from '../observe/fault.ts';
import type { GuestState } from '../observe/guests.ts';
import type { AllowancesInUse } from '../observe/volumes.ts';
import type { ForNowValues } from '../policy/moment/for-now.ts';
import type { Both } from '../units/units.ts';

/** One class in one direction. */
export interface Flow {
  /** The guarantee. Absent, like everything here, where there is no class in this direction. */
  rate?: number | undefined;
  ceil?: number | undefined;
  /** Where rate or ceil are changed for now. */
  forNow?: ForNowValues | undefined;
  /** Absent before the second reading, and for a class that the kernel does not have. */
  now?: number | undefined;
  packets?: number | undefined;
  drops?: number | undefined;
  backlog?: number | undefined;
}

/** A guest, a group, the unmarked or the flooded traffic of one uplink. */
export interface Row {
  kind: 'guest' | 'group' | 'unmarked' | 'flooded';
  name: string;
  group?: string | undefined;
  /** Absent, with `flow`, for a guest that the policy leaves out. */
  uplink?: string | undefined;
  flow?: Both<Flow> | undefined;
  /** Set for guests only. */
  state?: GuestState | undefined;
  /** The state as `status` shows it; for guests only. */
  shaped?: Both<boolean> | undefined;
  faults?: Fault[] | undefined;
  /** The bytes left of its volume or credit before a limit changes; absent without either. */
  left?: number | undefined;
  /** Its faults, printable. */
  note?: string | undefined;
}

export interface UplinkFlow {
  name: string;
  flow: Both<Flow>;
}

export interface Scene {
  /** Milliseconds since 1970. */
  at: number;
  host: string;
  links: UplinkFlow[];
  rows: Row[];
  /** The volumes and credits that `left` is computed from. */
  allowances?: AllowancesInUse;
  /** The error because of which there is nothing, or nothing new, to show; printable. */
  trouble?: string | undefined;
  /** Why there is nothing to show although nothing is wrong. */
  note?: string | undefined;
}

export type FlowKey = 'now' | 'packets' | 'drops' | 'backlog';

/** The sum of both directions; nothing when neither is known. */
export function sum(flow: Both<Flow> | undefined, key: FlowKey): number | undefined {
  const known = [flow?.out[key], flow?.in[key]].filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, one) => total + one, 0);
}

/** The share of the ceil that the busier direction uses; 1 is all of it. */
export function share(flow: Both<Flow> | undefined): number | undefined {
  const shares = [flow?.out, flow?.in].flatMap((one) =>
    one?.now === undefined || !one.ceil ? [] : one.now / one.ceil,
  );
  return shares.length === 0 ? undefined : Math.max(...shares);
}

/** Whether it has no class of its own, so that there is nothing to measure. */
export function isBare({ flow, state }: Row): boolean {
  return !flow || state === 'unshaped' || state === 'gone';
}

/** Whether it neither sends nor receives, with an empty queue. */
export function isIdle({ flow }: Row): boolean {
  return !sum(flow, 'now') && !sum(flow, 'drops') && !sum(flow, 'backlog');
}
