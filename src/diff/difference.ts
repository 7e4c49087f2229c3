// What a comparison finds (compare.ts), for those who mend it and those who show it.
import type { IfbDevice, State, TcObject } from '../kernel/objects.ts';

/**
 * `rates`: numbers of an object that stays, changed in place. `structure`: objects come, go or move.
 */
export type Effect = 'rates' | 'structure';

export type Action =
  | 'add'
  | 'change'
  /** A guest's class to another parent, or an id to another guest: HTB can only make it anew. */
  | 'move'
  /** A queue made anew in the place of one: of another kind, or with what its kind cannot change. */
  | 'replace'
  /** A whole tree: neither its default class nor what is above others can be changed. */
  | 'rebuild'
  | 'remove';

export interface Difference {
  effect: Effect;
  action: Action;
  kind: 'device' | 'table' | 'setting' | TcObject['kind'];
  device: string;
  /** Absent for a device and the table. */
  held?: TcObject;
  wanted?: TcObject;
  ifb?: IfbDevice;
  /** `net.ipv4.fwmark_reflect = 1` */
  setting?: string;
  /** In words. */
  reason: string;
}

export interface Found {
  list: Difference[];
  from: State;
  to: State;
  /** What was loaded last: it knows whose the objects are that are to go. */
  loaded?: State;
}
