// The plan: every object the kernel shall hold, as plain data the templates print. Nothing is decided
// after it. Rates in bits per second, sizes in bytes, times in microseconds.
import type { CakeSettings, LeafKind } from '../config/leaf.ts';
import type { Port, RedirectKind } from '../host/host.ts';
import type { ForNowValues } from '../policy/moment/for-now.ts';
import type { Both, Direction } from '../units/units.ts';

/**
 * A class's queue, with all its kind can be told: a parameter that is not named would keep in the kernel what
 * it was told before. Limits in packets but for bfifo's, memory and quantum in bytes.
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
  /** The guarantee as written, where not all of it can be kept. */
  configured?: number;
  ceil: number;
  /** What of it is otherwise than on other days. */
  forNow?: ForNowValues;
  burst: number;
  cburst: number;
  quantum: number;
  /** What a frame counts more than its own bytes, and at least. */
  overhead: number;
  mpu: number;
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
  /** Only where it receives. */
  flooded?: ClassPlan;
  groups: { group: ClassPlan; guests: ClassPlan[] }[];
  /** Guests on their own. */
  guests: ClassPlan[];
}

export interface TapPlan extends Port {
  guest: string;
  mark: number;
  /** Whether its clsact is made here, and not with another uplink of its bridge. */
  clsact: boolean;
  /** Of what its guest sends through the host; absent in what an older version has loaded, like those of an uplink. */
  sender?: number;
  /** Of its guest, where that is known. */
  mac?: string;
}

export interface UplinkPlan {
  name: string;
  /** The ports by which guests' frames reach it: itself, or what lies on it. */
  ports: Port[];
  /** Devices by which what the host routes reaches it. */
  routes?: string[];
  /** Of what comes in by it and goes through the host. */
  arrival?: number;
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
  /** Its addresses; what it sends from others is learned. Absent: all are the guest's. */
  macs?: string[];
  /** The class of frames to other addresses; of what it sends there is none. */
  flooded?: string;
  /** The pairs of ports that lead here what a bridge forwards. */
  lookups: { iif: string; oif: string }[];
  /** The ports and marks that lead here what the host sends by a bridge. */
  sent: { device: string; mark: number }[];
  /** The devices and marks that lead to its class what the host routes by no bridge. */
  routed: { device: string; mark: number }[];
}

/** What comes into the host by a device gets a mark: the guest's, or that of the uplink. */
export interface SenderPlan {
  device: string;
  /** A guest's or an uplink's name. */
  name: string;
  mark: number;
}

/** What comes in by an uplink that is no port of a bridge and is routed to one gets the uplink's mark. */
export interface ArrivalPlan {
  iif: string;
  oif: string;
  name: string;
  mark: number;
}

/** What a guest may send inside the host, and how many packets at all. Rates in bytes per second. */
export interface LimitPlan {
  guest: string;
  /** In hexadecimal, of its chains' names. */
  id: string;
  /** What it sends into the host has it. */
  mark: number;
  devices: string[];
  local?: number;
  pps?: PacketBucket;
  storm?: number | PacketBucket;
}

/** Packets per second, and how many of them at once. */
export interface PacketBucket {
  packets: number;
  burst: number;
}

export interface LimitsPlan {
  /** Which kinds the configuration knows, whoever runs. */
  kinds: Record<'local' | 'pps' | 'storm', boolean>;
  guests: LimitPlan[];
  /** Taps whose guests' addresses are known, and these: other frames to them are flooded. Only for storms. */
  taps: { device: string; macs: string[] }[];
}

export interface Plan {
  uplinks: UplinkPlan[];
  chains: ChainPlan[];
  /** In order of devices. */
  senders: SenderPlan[];
  arrivals: ArrivalPlan[];
  /** Whether the kernel's own replies carry the mark of what they answer. */
  reflect: boolean;
  limits: LimitsPlan;
  leaf: LeafKind;
  redirect: RedirectKind;
}
