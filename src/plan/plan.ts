// The plan: every object the kernel shall hold, as plain data the templates print. Nothing is decided
// after it. Rates in bits per second, sizes in bytes, times in microseconds.
import type { LeafKind, RedirectKind } from '../host/host.ts';
import type { Both, Direction } from '../units.ts';

export interface Leaf {
  handle: string;
  kind: LeafKind;
  /** bfifo: the most it holds, in bytes. */
  limit?: number;
  /** fq_codel: the delay it aims at. */
  target?: number;
}

export interface ClassPlan {
  kind: 'link' | 'unmarked' | 'group' | 'guest';
  name: string;
  id: string;
  parent: string;
  rate: number;
  /** The guarantee as written, where not all of it can be kept. */
  configured?: number;
  ceil: number;
  burst: number;
  cburst: number;
  quantum: number;
  leaf?: Leaf;
}

export interface TreePlan {
  direction: Direction;
  device: string;
  /** Root handle, e.g. `1:`. */
  root: string;
  /** Minor of the class for everything unmarked, in hexadecimal. */
  default: string;
  link: ClassPlan;
  unmarked: ClassPlan;
  groups: { group: ClassPlan; guests: ClassPlan[] }[];
  /** Guests on their own. */
  guests: ClassPlan[];
}

export interface TapPlan {
  name: string;
  guest: string;
  mark: number;
}

export interface UplinkPlan {
  name: string;
  bridge: string;
  ifb: string;
  trees: Both<TreePlan>;
  taps: TapPlan[];
}

/** Where a guest's frames are marked, one chain for each direction. */
export interface ChainPlan {
  name: string;
  guest: string;
  direction: Direction;
  mark: number;
  class: string;
  /** The pairs of ports that lead here. */
  lookups: { iif: string; oif: string }[];
}

export interface Plan {
  uplinks: UplinkPlan[];
  chains: ChainPlan[];
  leaf: LeafKind;
  redirect: RedirectKind;
}
