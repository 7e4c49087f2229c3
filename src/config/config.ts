// The configuration after `readConfig`: decoded, validated and complete. Nothing after this border
// checks a value of it again. Every value remembers the line it was written in.
import type { Source } from '../system/errors.ts';
import type { DaysAndTimes } from '../units/days-and-times.ts';
import type { Period } from '../units/period.ts';
import type { Both } from '../units/units.ts';
import type { LeafSettings } from './leaf.ts';

/** A value and its place in the files; `at` is absent for a default of virt-shaper's own. */
export interface Setting<T> {
  value: T;
  at?: Source;
}

/** The settings of one class. Rates in bits per second, sizes in bytes; absent = computed or inherited. */
export interface ClassSettings {
  rate?: Both<Setting<number>>;
  ceil?: Both<Setting<number>>;
  burst?: Both<Setting<number>>;
  cburst?: Both<Setting<number>>;
  quantum?: Setting<number>;
}

/** A limit in packets per second, in place of one in bits per second. */
export interface PacketRate {
  packets: number;
}

/** Limits on what a guest sends inside the host, and on its packets; absent = inherited, or off. */
export interface LimitSettings {
  /** To other guests and to the host, in bits per second. */
  local?: Setting<number | 'off'>;
  /** To any destination, in packets per second. */
  pps?: Setting<number | 'off'>;
  /** Broadcast, multicast and unknown unicast. */
  storm?: Setting<number | PacketRate | 'off'>;
}

/** Values that replace the everyday ones for a time. An absent direction keeps its everyday value. */
export interface OtherValues {
  rate?: Partial<Both<Setting<number>>>;
  ceil?: Partial<Both<Setting<number>>>;
}

/** [[... .when]]: the first open window applies. */
export interface Window extends OtherValues {
  at: Source;
  /** Open while any of these times is. */
  times: DaysAndTimes[];
}

/** [... .quota]: `then` applies from the moment one of its volumes is used up until the period ends. */
export interface Quota {
  at: Source;
  /** In bytes: for both directions together, or for each one given. */
  volume: { both: Setting<number> } | Partial<Both<Setting<number>>>;
  every: Setting<Period>;
  then: OtherValues & { at: Source };
}

/** [guest.NAME.boost]: a higher ceil while credit lasts. */
export interface Boost {
  at: Source;
  ceil: Partial<Both<Setting<number>>>;
  /** The largest credit of each direction, in bytes. */
  volume: Setting<number>;
}

export interface UplinkEntry extends ClassSettings {
  name: string;
  at: Source;
  /** The bridges it belongs to; absent: those that the kernel has it in. */
  bridges?: Setting<string>[];
  /** The bridges whose guests it routes for. */
  routed?: Setting<string>[];
  /** Bytes added to each frame for the wire's overhead, and the minimum a frame counts with them. */
  overhead?: Setting<number>;
  mpu?: Setting<number>;
  /** [uplink.X.unmarked]: the class of traffic that is no guest's; `id` fixes its minor number. */
  unmarked: ClassSettings & { id?: Setting<number>; leaf?: Setting<LeafSettings>; when?: Window[] };
  /** [uplink.X.flooded]: the class of frames from the uplink to addresses that are no guest's own. */
  flooded: ClassSettings & { leaf?: Setting<LeafSettings> };
}

/** A group has no rate of its own: its guarantee is the sum of its running members'. Its leaf is its members' default. */
export interface GroupValues extends Omit<ClassSettings, 'rate'> {
  leaf?: Setting<LeafSettings>;
}

/** Limits of each member. */
export interface GroupEntry extends GroupValues, LimitSettings {
  name: string;
  at: Source;
  id?: Setting<number>;
  when?: Window[];
  /** One quota for all members together. */
  quota?: Quota;
  /** Values for one uplink: [group.NAME.on.UPLINK]. */
  on: Map<string, GroupValues & { at: Source }>;
}

export interface GuestValues extends ClassSettings {
  group?: Setting<string>;
  leaf?: Setting<LeafSettings>;
}

export interface GuestEntry extends GuestValues, LimitSettings {
  /** The guest's exact name, or a pattern of `*` (any characters) and `?` (one character). */
  name: string;
  at: Source;
  pattern: boolean;
  id?: Setting<number>;
  /** MAC addresses besides those of its XML, in lower case; `any`: every frame forwarded to its taps is its own. */
  macs?: Setting<string>[] | 'any';
  when?: Window[];
  /** A pattern's quota is one for each guest that it matches. */
  quota?: Quota;
  boost?: Boost;
  /** Values for one uplink: [guest.NAME.on.UPLINK]. */
  on: Map<string, GuestValues & { at: Source }>;
}

/** Upper bounds of what a guest's own XML may ask for; where one is absent, the value of [defaults]. */
export interface MetadataRules {
  groups: Setting<string>[];
  rate?: Both<Setting<number>>;
  ceil?: Both<Setting<number>>;
}

export interface Config {
  defaults: LimitSettings & {
    rate: Both<Setting<number>>;
    ceil: Both<Setting<number>>;
    unlisted: 'ignore' | 'shape' | 'refuse';
    oversubscribed: 'scale' | 'refuse';
    /** Whether a guest's own XML may set what its entry does not. */
    metadata: MetadataRules | false;
    /** The leaf of guests for which neither entry nor group names one; absent: the best one the kernel has. */
    leaf?: Setting<LeafSettings>;
    /** Windows for guests whose entry has none; they replace values of [defaults] only. */
    when?: Window[];
  };
  /** The kinds of limits in use: their chains exist whichever guests run. */
  limited: Record<keyof LimitSettings, boolean>;
  /** Added to a guest's id to form its mark; a multiple of 0x10000. */
  markBase: number;
  /** Whether the kernel's own replies to a guest carry its mark (net.ipv4.fwmark_reflect and its IPv6 twin). */
  reflect: boolean;
  hook: { onFailure: 'allow' | 'refuse' };
  /** Each list in name order. */
  uplinks: UplinkEntry[];
  groups: GroupEntry[];
  guests: GuestEntry[];
}
