// The queue of a class as the configuration may ask for it. Only what helps a single guest can be set: HTB does
// the shaping, so cake gets no bandwidth and nothing that only its own shaper would use.

/** What a leaf can be. Which of them a kernel has is found out by trying (host/kernel.ts). */
export const leafKinds = ['fq_codel', 'cake', 'sfq', 'bfifo'] as const;
export type LeafKind = (typeof leafKinds)[number];

/** cake's words for whom it shares a queue among. */
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

/** cake's words for how many priorities it makes of the DSCP field. */
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
  /** Packets: of all flows together, and of one. */
  limit?: number;
  depth?: number;
  /** Bytes. */
  quantum?: number;
  /** Microseconds, of whole seconds. */
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

/** What is absent is computed in the plan. */
export type LeafSettings = BfifoSettings | FqCodelSettings | SfqSettings | CakeSettings;

/** sfq's hash table has so many places for flows. */
export const sfqFlows = 1024;
