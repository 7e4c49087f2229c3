// The faults that keep a guest from being shaped, in one direction or both, with their remedies.
import type { Unshaped } from '../policy/policy.ts';
import type { Direction } from '../units/units.ts';

/**
 * The kinds of the policy, and these. A running guest is `unknown` to the rules in force, `unloaded` where there are none, or `missed`
 * by the last load for a reason that is over. Our objects: `tap-gone`, `tap-missing` where libvirt still lists it, `tap-moved` to another bridge, `uplink-gone`, `uplink-moved` out
 * of the bridge, `ifb` missing, down or somebody else's, `class` missing, `changed` rates or leaf, `table` without its frames,
 * `redirect` missing. Others' objects: a `root` qdisc in the place of ours, an `occupied` tap, a `rule` or `filter` that diverts its
 * frames, a `program` that may. `down`: a device that passes nothing, so that nothing reaches the class.
 * `route`: the host routes it past its uplinks.
 * `aside`: frames that pass through the host reach no class, bridged ones do.
 * `xdp`: a program that sees frames before all else. `behind`: a filter of others that gets no frames because of our redirect.
 */
export type FaultKind =
  | Unshaped['kind']
  | 'unknown'
  | 'missed'
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

/** The kinds that are only notes: the guest is shaped nevertheless. */
export const notes: FaultKind[] = ['changed', 'behind', 'aside', 'xdp', 'contested', 'refused'];

export interface Fault {
  kind: FaultKind;
  /** The reason, as words that follow the guest's name and a colon. */
  reason: string;
  /** The direction; absent for both. */
  direction?: Direction;
  /** The tap; absent for all. */
  tap?: string;
  /** What to do, as words or a command; absent where nothing has to be done. */
  remedy?: string;
}

/**
 * The command that makes the kernel hold again what was loaded last. Not `load`: that takes what rules.d says now, which may be
 * rules that were rendered since for somebody to read first.
 */
export const repair = 'virt-shaper sync --in-force';

/** The remedy where one of our objects is missing. */
export const repairRemedy = `${repair} puts back what is missing`;

/** The remedy where guests run elsewhere than the last load has seen. */
export const findsAgain = `${repair} finds where guests run now`;

/** The directions as verbs, for sentences about a guest. */
export const verbs = { out: 'sends', in: 'receives' };

/** The fault of a NIC that libvirt lists and the kernel does not have. */
export function describeMissing(tap: string): { kind: FaultKind; reason: string; remedy: string } {
  const reason = `libvirt says that it runs by ${tap}, and there is no such device: it has another name, or is unplugged`;
  return {
    kind: 'tap-missing',
    reason,
    remedy: 'ip link shows what there is; a tap of libvirt keeps its name',
  };
}
