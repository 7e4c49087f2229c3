// The leaf qdisc of a class as the configuration may set it. HTB does the shaping, so cake gets no bandwidth, nor any parameter
// that only its own shaper uses.

/** The kinds of leaf. Those that a kernel has are probed (host/kernel.ts). */
export const leafKinds = ['fq_codel', 'cake', 'sfq', 'bfifo'] as const;
export type LeafKind = (typeof leafKinds)[number];

/** cake's flow isolation modes. */
export const isolations = [
  'flows',
  'hosts',
  'srchost',
  'dsthost',
  'dual-srchost',
  'dual-dsthost',
  'triple-isolate',
  'flowblind',
] as const;

/** cake's priority tins by DSCP field. */
export const diffservs = ['besteffort', 'diffserv3', 'diffserv4', 'diffserv8'] as const;

export interface BfifoSettings {
  kind: 'bfifo';
  /** Bytes. */
  limit?: number;
}

export interface FqCodelSettings {
  kind: 'fq_codel';
  /** Microseconds. */
  target?: number;
  interval?: number;
  /** Packets. */
  limit?: number;
  flows?: number;
  /** Bytes. */
  quantum?: number;
  memory_limit?: number;
  ecn?: boolean;
}

export interface SfqSettings {
  kind: 'sfq';
  /** Packets: of all flows together, and of one flow. */
  limit?: number;
  depth?: number;
  /** Bytes. */
  quantum?: number;
  /** Microseconds; a multiple of a second. */
  perturb?: number;
}

export interface CakeSettings {
  kind: 'cake';
  /** Microseconds. */
  rtt?: number;
  isolation?: (typeof isolations)[number];
  diffserv?: (typeof diffservs)[number];
  nat?: boolean;
  ack_filter?: boolean;
  split_gso?: boolean;
  /** Bytes. */
  memory_limit?: number;
}

/** Absent parameters are computed in the plan. */
export type LeafSettings = BfifoSettings | FqCodelSettings | SfqSettings | CakeSettings;

/** The slots of sfq's hash table. */
export const sfqFlows = 1024;
