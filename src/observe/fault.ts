// What can keep a guest from being shaped, in one direction or in both, and what to do about it.
import type { Unshaped } from '../policy/policy.ts';
import type { Direction } from '../units/units.ts';

/**
 * The policy's own kinds. Of a running guest: `unknown` to the rules in force, `unloaded` where there are none. Of what
 * is ours: `tap-gone`, `tap-missing` where libvirt names it still, `tap-moved` to another bridge, `uplink-gone`, `uplink-moved` out of the bridge, `ifb` missing,
 * down or somebody else's, `class` missing, `changed` to other rates or another queue, `table` without its frames, `redirect` missing.
 * Of others: `root` qdisc in the place of ours, `occupied` tap, `rule` or `filter` that takes its frames, `program`
 * that may. `down`: a device through which nothing passes at all, so that nothing meets its class.
 * `route`: the host routes it past its uplinks.
 * `aside`: what goes by way of the host meets no class; what the bridge forwards does.
 * `xdp`: a program that sees frames before anything else does. `behind`: a filter of others that our redirect takes its frames from.
 */
export type FaultKind =
  | Unshaped['kind']
  | 'unknown'
  | 'unloaded'
  | 'tap-gone'
  | 'tap-missing'
  | 'tap-moved'
  | 'uplink-gone'
  | 'uplink-moved'
  | 'route'
  | 'ifb'
  | 'class'
  | 'changed'
  | 'table'
  | 'redirect'
  | 'root'
  | 'occupied'
  | 'rule'
  | 'filter'
  | 'program'
  | 'down'
  | 'xdp'
  | 'aside'
  | 'behind';

/** Kinds beside which a guest is shaped all the same. */
export const notes: FaultKind[] = ['changed', 'behind', 'aside', 'xdp', 'contested', 'refused'];

export interface Fault {
  kind: FaultKind;
  /** In words that follow the guest's name and a colon. */
  reason: string;
  /** Absent when it concerns both. */
  direction?: Direction;
  /** Absent when it concerns all. */
  tap?: string;
  /** What to do, in words or as a command; absent where nothing is to be done. */
  remedy?: string;
}

/** The remedy where something of ours is missing. */
export const loadRemedy = 'virt-shaper load puts back what is missing';

/** In sentences about a guest. */
export const verbs = { out: 'sends', in: 'receives' };

/** Of a NIC that libvirt names and the kernel does not have. */
export function describeMissing(tap: string): { kind: FaultKind; reason: string; remedy: string } {
  const reason = `libvirt says that it runs by ${tap}, and there is no such device: it has another name, or is unplugged`;
  return {
    kind: 'tap-missing',
    reason,
    remedy: 'ip link shows what there is; a tap of libvirt keeps its name',
  };
}
