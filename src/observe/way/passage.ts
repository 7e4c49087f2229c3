// A frame's way through the host's chains, as data: where it goes (Way, Stage), and what it is like at the end (Passage).
import type { Port } from '../../host/host.ts';
import type { Direction } from '../../units/units.ts';
import type { Match } from './frame.ts';

/** A NIC's frames of one direction, by one port of its uplink. */
export interface Way {
  direction: Direction;
  tap: string;
  /** Without a bridge where it is one to which the host routes. */
  port: Pick<Port, 'name'> & Partial<Port>;
  /** Absent where the bridge forwards it. */
  routed?: Routed;
  /** Where its classes are: the uplink, or the ifb. */
  device: string;
  mark: number;
  class: string;
}

/** Of a way by the host's routing. */
export interface Routed {
  /** That the tap is a port of. */
  bridge: string;
  /** That it has between the two. */
  mark: number;
  /** Most of its frames are forwarded by the bridge: only these go by way of the host. */
  beside?: true;
  /** Of these only the kernel's own answers to them, which carry their mark where the settings say so. */
  answered?: true;
}

/** One hook that it passes, with what is known of it there. */
export interface Stage {
  families: string[];
  hook: string;
  /** Of the netdev family. */
  device?: string;
  iifname: string;
  oifname: string;
  /** Only chains behind this priority, where ours has marked the frame. */
  after?: number;
  /** Only chains before this one. */
  before?: number;
  /** Ours finds a frame here by its mark: whoever has taken that from some frames has kept them from it. */
  byMark?: true;
  /** Whether all its frames are of IP, and pass an inet table's chains. */
  routed?: boolean;
}

/** Something that a rule of somebody does to the frame after us. */
export interface Change {
  /** `flow`: what follows of its flow passes no chain. */
  what: 'mark' | 'priority' | 'way' | 'flow';
  /** `chain POSTROUTING of table ip mangle` */
  where: string;
  table: string;
  chain: string;
  family: string;
  /** The command that shows the chain. */
  shown: string;
  ours: boolean;
  /** `maybe`: some frames only. */
  match: Match;
  /** Where a frame is sent, of `way`; the flowtable of `flow`. */
  to?: string;
}

export interface Passage {
  /** Absent when it cannot be told. */
  mark?: number | undefined;
  priority?: string | undefined;
  dropped: boolean;
  /** Whether that was by us, who drop nothing. */
  byUs?: true;
  changes: Change[];
}

/** How a frame comes to the first of its stages. */
export interface Begin {
  mark?: number;
  priority?: string;
  bridge: string;
  /** The device by which it came in, and its bridge: a flowtable with one of them takes it. */
  entries: string[];
}
