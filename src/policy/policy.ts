// The policy: which guest gets which rate on which uplink. Computed from Config, Guests and Host, before any class, mark or file.
// All rates are in bits per second.
import type { ClassSettings, Setting } from '../config/config.ts';
import type { LeafSettings } from '../config/leaf.ts';
import type { Port } from '../host/host.ts';
import type { Source } from '../system/errors.ts';
import type { Both } from '../units/units.ts';
import type { Limits } from './limits.ts';
import type { ForNowValues } from './moment/for-now.ts';
import type { LeafOrigin, Origin, Traced } from './origin.ts';

/** A guarantee as configured, and its effective value, which is lower where guarantees are oversubscribed. */
export interface Guarantee {
  configured: number;
  effective: number;
}

/** Configured burst, cburst and quantum in bytes; absent ones are computed in the plan. */
export type Tuning = Pick<ClassSettings, 'burst' | 'cburst' | 'quantum'>;

export interface ClassPolicy {
  name: string;
  rate: Both<Guarantee>;
  ceil: Both<number>;
  /** Its values that are changed for now, by its own steps or by those of its group. */
  forNow?: Both<ForNowValues>;
  tuning: Tuning;
  /** The configured leaf; absent: the kernel's best. */
  leaf?: LeafSettings;
}

export interface GroupPolicy extends ClassPolicy {
  origin: { ceil: Both<Traced> };
}

/** A tap: the host's end of a guest's NIC. */
export interface TapPolicy extends Port {
  /** The index of this uplink among those of its bridge: frames that arrive by each uplink have a mark of their own. */
  way: number;
  /** The Ethernet address of the guest's NIC; absent where it is not known. */
  mac?: string;
}

export interface GuestPolicy extends ClassPolicy {
  group?: string;
  /** Its taps behind this uplink, in name order. */
  taps: TapPolicy[];
  /** Its Ethernet addresses, sorted: frames from the uplink to other addresses count as flooded. Absent: any address is its own. */
  macs?: string[];
  /** The limits inside the host; the same on every uplink, but for those of a group. */
  limits: Limits;
  /** Its entry in the configuration; absent for a guest without one. */
  at?: Source;
  /** The origins of its values; those of `tuning` are in `tuning`. */
  origin: { group?: Origin; leaf?: LeafOrigin; rate: Both<Traced>; ceil: Both<Traced> };
}

/** The accounting of a frame, in bytes: its length plus `overhead`, at least `mpu`. */
export interface Counting {
  overhead: Setting<number>;
  mpu: Setting<number>;
}

export interface UplinkPolicy {
  name: string;
  /** The bridge ports by which frames of these guests reach it, in name order: itself, or devices stacked on it. */
  ports: Port[];
  /** The devices by which routed packets reach it, in name order. */
  routes: string[];
  link: Both<number>;
  /** The largest MTU of the devices on the way, in bytes; absent where it is not known. */
  mtu?: number;
  counting: Counting;
  linkOrigin: Both<{ from: 'entry' | 'kernel' | 'remembered' | 'assumed'; at?: Source }>;
  tuning: Tuning;
  unmarked: ClassPolicy;
  /** The class of received frames that are not sent to a guest's own address. */
  flooded: ClassPolicy;
  /** The configured minor number of the unmarked class. */
  unmarkedId?: number;
  /** The groups with a running member behind this uplink. */
  groups: GroupPolicy[];
  guests: GuestPolicy[];
}

/** A guest, or one of its NICs, that is not shaped as configured. */
export interface Unshaped {
  guest: string;
  tap?: string;
  /** The configured uplink whose devices are the reason; absent for reasons of the guest itself. */
  uplink?: string;
  reason: string;
  /** What to do about it; absent where the reason says it. */
  remedy?: string;
  /**
   * `unlisted`: not shaped by configuration. `refused`: must not start; one that runs anyway keeps its ceil without a guarantee
   * or, without an entry, is not shaped. `needless`: its bridge has no uplink. `unsuited`: a kind of NIC that is not on a Linux
   * bridge. `unreachable`: needless or unsuited although the guest has an entry, which thus has no effect. `contested`: shaped, but
   * also by libvirt. `unable`: an error.
   */
  kind: 'unlisted' | 'refused' | 'needless' | 'unsuited' | 'unreachable' | 'contested' | 'unable';
}

/** The kinds that are as configured, and no fault. */
export const wished: string[] = ['unlisted', 'needless', 'unsuited'] satisfies Unshaped['kind'][];

export interface Policy {
  /** The uplinks with at least one shaped guest; like all lists in here in name order. */
  uplinks: UplinkPolicy[];
  unshaped: Unshaped[];
  /** Warnings for the administrator: guarantees that were scaled, speeds that were assumed. */
  warnings: string[];
}

export function tuningOf(settings: Tuning | undefined): Tuning {
  return {
    ...(settings?.burst ? { burst: settings.burst } : {}),
    ...(settings?.cburst ? { cburst: settings.cburst } : {}),
    ...(settings?.quantum ? { quantum: settings.quantum } : {}),
  };
}
