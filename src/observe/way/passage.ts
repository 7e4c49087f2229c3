// The way of a frame through the host's chains as data: where it passes (Way, Stage), and its state at the end (Passage).
import type { Port } from '../../host/host.ts';
import type { Direction } from '../../units/units.ts';
import type { Match } from './frame.ts';

/** The way of a NIC's frames in one direction, by one port of its uplink. */
export interface Way {
  direction: Direction;
  tap: string;
  /** The port; without a bridge for a device that the host routes to. */
  port: Pick<Port, 'name'> & Partial<Port>;
  /** How the host routes it; absent where the bridge forwards it. */
  routed?: Routed;
  /** The device of its classes: the uplink, or the ifb. */
  device: string;
  mark: number;
  class: string;
}

/** A way through the host's routing. */
export interface Routed {
  /** The bridge of the tap. */
  bridge: string;
  /** Its mark between the two hooks. */
  mark: number;
  /** Whether most of its frames are bridged, and only some pass through the host. */
  beside?: true;
  /** Only the kernel's own replies to them, which carry their mark where the sysctls are set. */
  answered?: true;
}

/** One hook on the way, with the known values of the frame there. */
export interface Stage {
  families: string[];
  hook: string;
  /** The devices, for chains of the netdev family. */
  device?: string;
  iifname: string;
  oifname: string;
  /** Only chains after this priority, at which our chain marks the frame. */
  after?: number;
  /** Only chains before this priority. */
  before?: number;
  /** Whether our chain here depends on the mark, so that frames that have lost it get no class. */
  byMark?: true;
  /** Whether all frames here are IP, and pass the chains of inet tables. */
  routed?: boolean;
}

/** An effect of somebody's rule on the frame after our marking. */
export interface RuleEffect {
  /** `flow`: later packets of its flow pass no chain (flowtable). */
  what: 'mark' | 'priority' | 'way' | 'flow';
  /** `chain POSTROUTING of table ip mangle` */
  where: string;
  table: string;
  chain: string;
  family: string;
  /** The command that lists the chain. */
  shown: string;
  ours: boolean;
  /** `maybe`: for some frames only. */
  match: Match;
  /** For `way` the target of the frame; for `flow` the flowtable. */
  to?: string;
}

export interface Passage {
  /** Absent when it is not known. */
  mark?: number | undefined;
  priority?: string | undefined;
  dropped: boolean;
  /** Whether our own rules set it, which drop nothing. */
  byUs?: true;
  changes: RuleEffect[];
}

/** The state of a frame before its first stage. */
export interface Begin {
  mark?: number;
  priority?: string;
  bridge: string;
  /** Its input device and that one's bridge: a flowtable with either of them offloads it. */
  entries: string[];
}
