// The plan: every object wanted in the kernel, as plain data that the templates print. All decisions are made before it. Rates
// in bits per second, sizes in bytes, times in microseconds.
import type { CakeSettings, LeafKind } from '../config/leaf.ts';
import type { Port, RedirectKind } from '../host/host.ts';
import type { ForNowValues } from '../policy/moment/for-now.ts';
import type { Both, Direction } from '../units/units.ts';

/**
 * The leaf qdisc of a class with every parameter of its kind: one that a `change` does not name keeps its former value in the
 * kernel. Limits in packets but for bfifo's; memory and quantum in bytes.
 */
export type Leaf = { handle: string } & (
  | { kind: 'bfifo'; limit: number }
  | {
      kind: 'fq_codel';
      limit: number;
      flows: number;
      quantum: number;
      target: number;
      interval: number;
      memoryLimit: number;
      ecn: boolean;
    }
  | {
      kind: 'sfq';
      limit: number;
      flows: number;
      depth: number;
      quantum: number;
      /** Seconds. */
      perturb: number;
    }
  | {
      kind: 'cake';
      diffserv: NonNullable<CakeSettings['diffserv']>;
      isolation: NonNullable<CakeSettings['isolation']>;
      nat: boolean;
      ackFilter: boolean;
      splitGso: boolean;
      rtt: number;
      memoryLimit: number;
    }
);

export interface ClassPlan {
  kind: 'link' | 'unmarked' | 'flooded' | 'group' | 'guest';
  name: string;
  id: string;
  parent: string;
  rate: number;
  /** The configured guarantee, where it is scaled down. */
  configured?: number;
  ceil: number;
  /** The values that replace the everyday ones now. */
  forNow?: ForNowValues;
  burst: number;
  cburst: number;
  quantum: number;
  /** The overhead added to each frame, and the minimum a frame counts. */
  overhead: number;
  mpu: number;
  leaf?: Leaf;
}

export interface TreePlan {
  direction: Direction;
  device: string;
  /** Root handle, e.g. `1:`. */
  root: string;
  /** The minor number of the class for unmarked traffic, in hexadecimal. */
  default: string;
  link: ClassPlan;
  unmarked: ClassPlan;
  /** The class of flooded frames; in the receiving tree only. */
  flooded?: ClassPlan;
  groups: { group: ClassPlan; guests: ClassPlan[] }[];
  /** Guests without a group. */
  guests: ClassPlan[];
}

export interface TapPlan extends Port {
  guest: string;
  mark: number;
  /** Whether its clsact is added here, and not with another uplink of its bridge. */
  clsact: boolean;
  /** The mark of what its guest sends through the host; absent in a plan of an older version, like an uplink's marks. */
  sender?: number;
  /** Its guest's, where that is known. */
  mac?: string;
}

export interface UplinkPlan {
  name: string;
  /** The bridge ports by which guests' frames reach it: itself, or devices on top of it. */
  ports: Port[];
  /** The devices by which routed packets reach it. */
  routes?: string[];
  /** The mark of what comes in by it and goes through the host. */
  arrival?: number;
  ifb: string;
  trees: Both<TreePlan>;
  taps: TapPlan[];
}

/** The chains that mark a guest's frames, one for each direction. */
export interface ChainPlan {
  name: string;
  guest: string;
  direction: Direction;
  mark: number;
  class: string;
  /** The guest's MAC addresses; others that it sends from are learned. Absent: every address is the guest's. */
  macs?: string[];
  /** The class of frames to other addresses; absent for the sending direction. */
  flooded?: string;
  /** The port pairs of forwarded frames that lead here. */
  lookups: { iif: string; oif: string }[];
  /** The ports and marks of frames the host sends by a bridge that lead here. */
  sent: { device: string; mark: number }[];
  /** The devices and marks of packets routed by no bridge that lead to its class. */
  routed: { device: string; mark: number }[];
}

/** The mark for frames that enter the host by a device: the guest's, or the uplink's. */
export interface SenderPlan {
  device: string;
  /** A guest's or an uplink's name. */
  name: string;
  mark: number;
}

/** The uplink's mark for packets that enter by an uplink outside any bridge and are routed to a bridge. */
export interface ArrivalPlan {
  iif: string;
  oif: string;
  name: string;
  mark: number;
}

/** A guest's limits inside the host, and on its packets. Rates in bytes per second. */
export interface LimitPlan {
  guest: string;
  /** The number in its chains' names, in hexadecimal. */
  id: string;
  /** The mark of what it sends into the host. */
  mark: number;
  devices: string[];
  local?: number;
  pps?: PacketBucket;
  storm?: number | PacketBucket;
}

/** Packets per second, and the burst in packets. */
export interface PacketBucket {
  packets: number;
  burst: number;
}

export interface LimitsPlan {
  /** The kinds of limits that the configuration uses, whichever guests run. */
  kinds: Record<'local' | 'pps' | 'storm', boolean>;
  guests: LimitPlan[];
  /** Taps with their guests' known addresses: a frame to any other address is flooded. Only for storms. */
  taps: { device: string; macs: string[] }[];
}

export interface Plan {
  uplinks: UplinkPlan[];
  chains: ChainPlan[];
  /** Sorted by device. */
  senders: SenderPlan[];
  arrivals: ArrivalPlan[];
  /** Whether the kernel's own replies carry the mark of the packet they answer. */
  reflect: boolean;
  limits: LimitsPlan;
  leaf: LeafKind;
  redirect: RedirectKind;
}
