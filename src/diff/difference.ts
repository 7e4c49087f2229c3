// The type of what a comparison finds (compare.ts), which phases.ts applies and the views print.
import type { IfbDevice, State, TcObject } from '../kernel/objects.ts';

/**
 * `rates`: numbers of an object are changed in place. `structure`: objects are made, deleted or moved.
 */
export type Effect = 'rates' | 'structure';

export type Action =
  | 'add'
  | 'change'
  /** A class gets another parent, or its id another guest: HTB can only delete it and make it again. */
  | 'move'
  /** A leaf qdisc is deleted and made again, with another kind or a parameter that its kind cannot change. */
  | 'replace'
  /** A whole tree is made again: HTB can change neither its default class nor the parents of inner classes. */
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
  /** A sentence for people. */
  reason: string;
}

export interface Found {
  list: Difference[];
  from: State;
  to: State;
  /** The state that was loaded last: only it knows the owners of objects that are deleted. */
  loaded?: State;
}
