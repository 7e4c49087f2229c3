// Who gets which rate on which uplink: the answer to "Config + Guests + Host", before any class, mark or
// file. All rates are bits per second.
import type { ClassSettings, Setting } from '../config/config.ts';
import type { LeafSettings } from '../config/leaf.ts';
import type { Port } from '../host/host.ts';
import type { Source } from '../system/errors.ts';
import type { Both } from '../units/units.ts';
import type { Limits } from './limits.ts';
import type { ForNowValues } from './moment/for-now.ts';
import type { LeafOrigin, Origin, Traced } from './origin.ts';

/** A guarantee as written, and what is left of it when not all of them can be kept. */
export interface Guarantee {
  configured: number;
  effective: number;
}

/** burst, cburst (bytes) and quantum (bytes) as set; what is absent is computed in the plan. */
export type Tuning = Pick<ClassSettings, 'burst' | 'cburst' | 'quantum'>;

export interface ClassPolicy {
  name: string;
  rate: Both<Guarantee>;
  ceil: Both<number>;
  /** What is otherwise than on other days, by itself or by its group. */
  forNow?: Both<ForNowValues>;
  tuning: Tuning;
  /** As it is asked for; absent: what the kernel has. */
  leaf?: LeafSettings;
}

export interface GroupPolicy extends ClassPolicy {
  origin: { ceil: Both<Traced> };
}

/** A guest's end on the host. */
export interface TapPolicy extends Port {
  /** Which of the ways out of its bridge this uplink is, from 0: what comes in by each has a mark of its own. */
  way: number;
  /** Its guest's Ethernet address there, where that is known. */
  mac?: string;
}

export interface GuestPolicy extends ClassPolicy {
  group?: string;
  /** Its taps behind this uplink, in name order. */
  taps: TapPolicy[];
  /** Ethernet addresses, sorted: frames from the uplink to another one are flooded. Absent: all are its own. */
  macs?: string[];
  /** On every uplink the same, but for a group's. */
  limits: Limits;
  /** The entry that applies; absent for a guest that has none. */
  at?: Source;
  /** Where its values come from. What `tuning` holds says so itself. */
  origin: { group?: Origin; leaf?: LeafOrigin; rate: Both<Traced>; ceil: Both<Traced> };
}

/** How many bytes a frame counts: its own and `overhead`, at least `mpu`. */
export interface Counting {
  overhead: Setting<number>;
  mpu: Setting<number>;
}

export interface UplinkPolicy {
  name: string;
  /** The ports by which the frames of these guests reach it, in name order: itself, or what lies on it. */
  ports: Port[];
  /** Devices by which what the host routes reaches it, in name order. */
  routes: string[];
  link: Both<number>;
  /** Bytes of payload of the largest frame that passes it; absent where nobody knows. */
  mtu?: number;
  counting: Counting;
  linkOrigin: Both<{ from: 'entry' | 'kernel' | 'remembered' | 'assumed'; at?: Source }>;
  tuning: Tuning;
  unmarked: ClassPolicy;
  /** Of what it receives: frames to no guest's own address. */
  flooded: ClassPolicy;
  /** Fixes the class minor of unmarked traffic. */
  unmarkedId?: number;
  /** Groups with a member running behind this uplink. */
  groups: GroupPolicy[];
  guests: GuestPolicy[];
}

/** A guest, or one NIC of it, that does not get what it would have. */
export interface Unshaped {
  guest: string;
  tap?: string;
  /** The configured uplink that is not where it should be; absent for reasons of the guest's own. */
  uplink?: string;
  reason: string;
  /** What to do about it, where that is not clear from the reason. */
  remedy?: string;
  /**
   * `unlisted`: the administrator's wish. `refused`: must not start; one that runs all the same keeps its
   * ceil without a guarantee, or, having no entry, is not shaped. `needless`: no uplink to share. `unsuited`:
   * a NIC of a kind that no Linux bridge carries. `unreachable`: either of these, of a guest that has an entry and
   * is not limited by it. `contested`: shaped, but by libvirt too. `unable`: something is wrong.
   */
  kind: 'unlisted' | 'refused' | 'needless' | 'unsuited' | 'unreachable' | 'contested' | 'unable';
}

/** Kinds that are no trouble: nobody asked for more. */
export const wished: string[] = ['unlisted', 'needless', 'unsuited'] satisfies Unshaped['kind'][];

export interface Policy {
  /** In name order, like every list in it. Only uplinks with a shaped guest. */
  uplinks: UplinkPolicy[];
  unshaped: Unshaped[];
  /** What an administrator should hear: guarantees scaled down, a speed that was assumed. */
  warnings: string[];
}

export function tuningOf(settings: Tuning | undefined): Tuning {
  return {
    ...(settings?.burst ? { burst: settings.burst } : {}),
    ...(settings?.cburst ? { cburst: settings.cburst } : {}),
    ...(settings?.quantum ? { quantum: settings.quantum } : {}),
  };
}
