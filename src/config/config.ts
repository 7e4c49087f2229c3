// The configuration after `readConfig`: decoded, validated and complete. Nothing after this border
// checks a value of it again. Every value remembers the line it was written in.
import type { Source } from '../system/errors.ts';
import type { DaysAndTimes } from '../units/days-and-times.ts';
import type { Period } from '../units/period.ts';
import type { Both } from '../units/units.ts';
import type { LeafSettings } from './leaf.ts';

/** A value and where it was written; `at` is absent for what virt-shaper chooses when nothing is written. */
export interface Setting<T> {
  value: T;
  at?: Source;
}

/** What one class may be told. Rates in bits per second, sizes in bytes; absent = computed or inherited. */
export interface ClassSettings {
  rate?: Both<Setting<number>>;
  ceil?: Both<Setting<number>>;
  burst?: Both<Setting<number>>;
  cburst?: Both<Setting<number>>;
  quantum?: Setting<number>;
}

/** Packets per second, where a rate would count bits. */
export interface PacketRate {
  packets: number;
}

/** What a guest may send inside the host, bits per second, and how many packets at all; absent = inherited, or off. */
export interface LimitSettings {
  /** To other guests, and to the host. */
  local?: Setting<number | 'off'>;
  /** Packets per second, wherever they go. */
  pps?: Setting<number | 'off'>;
  /** Broadcast, multicast, and frames to addresses that no bridge has learned. */
  storm?: Setting<number | PacketRate | 'off'>;
}

/** What takes the place of the everyday values for a time. A direction that is absent keeps its own. */
export interface OtherValues {
  rate?: Partial<Both<Setting<number>>>;
  ceil?: Partial<Both<Setting<number>>>;
}

/** [[... .when]]: of several the first that holds counts. */
export interface Window extends OtherValues {
  at: Source;
  /** It holds where one of them does. */
  times: DaysAndTimes[];
}

/** [... .quota]: `then` holds from when one of its volumes is used up until the period ends. */
export interface Quota {
  at: Source;
  /** Bytes; of both directions together, or of each that is given. */
  volume: { both: Setting<number> } | Partial<Both<Setting<number>>>;
  every: Setting<Period>;
  then: OtherValues & { at: Source };
}

/** [guest.NAME.boost]: more than its ceil while credit lasts. */
export interface Boost {
  at: Source;
  ceil: Partial<Both<Setting<number>>>;
  /** Bytes of credit at most, for each direction. */
  volume: Setting<number>;
}

export interface UplinkEntry extends ClassSettings {
  name: string;
  at: Source;
  /** Bridges that it has to be below; absent: those that the kernel says it is below. */
  bridges?: Setting<string>[];
  /** Bridges whose guests reach it by routing. */
  routed?: Setting<string>[];
  /** Bytes that the wire carries beside each frame, and the least that a frame counts with them. */
  overhead?: Setting<number>;
  mpu?: Setting<number>;
  /** [uplink.X.unmarked]: the class of everything no guest owns; `id` fixes its minor. */
  unmarked: ClassSettings & { id?: Setting<number>; leaf?: Setting<LeafSettings>; when?: Window[] };
  /** [uplink.X.flooded]: the class of frames from the uplink that are sent to no guest's own address. */
  flooded: ClassSettings & { leaf?: Setting<LeafSettings> };
}

/** A group has no rate of its own: it is the sum of its running members'. Its leaf is theirs. */
export interface GroupValues extends Omit<ClassSettings, 'rate'> {
  leaf?: Setting<LeafSettings>;
}

/** Limits hold for each of its members. */
export interface GroupEntry extends GroupValues, LimitSettings {
  name: string;
  at: Source;
  id?: Setting<number>;
  when?: Window[];
  /** One for all members together. */
  quota?: Quota;
  /** Other values on one uplink: [group.NAME.on.UPLINK]. */
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
  /** Ethernet addresses besides those of its XML, in lower case; `any`: whatever is sent to its taps is its own. */
  macs?: Setting<string>[] | 'any';
  when?: Window[];
  /** Of a pattern: for each guest its own. */
  quota?: Quota;
  boost?: Boost;
  /** Other values on one uplink: [guest.NAME.on.UPLINK]. */
  on: Map<string, GuestValues & { at: Source }>;
}

/** What a guest's own XML may ask for, at most; where nothing is said, what [defaults] gives. */
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
    /** Whether a guest's own XML may say what it gets, where its entry is silent. */
    metadata: MetadataRules | false;
    /** Of guests where neither they nor their groups name one; absent: what the kernel has. */
    leaf?: Setting<LeafSettings>;
    /** Of guests whose entry has none; they change only what comes from here. */
    when?: Window[];
  };
  /** Which limits any of them has: chains for these are there whoever runs. */
  limited: Record<keyof LimitSettings, boolean>;
  /** Added to a guest's id to make its mark; a multiple of 0x10000. */
  markBase: number;
  /** Whether the kernel's own replies to a guest carry its mark (net.ipv4.fwmark_reflect and its IPv6 twin). */
  reflect: boolean;
  hook: { onFailure: 'allow' | 'refuse' };
  /** Each list in name order. */
  uplinks: UplinkEntry[];
  groups: GroupEntry[];
  guests: GuestEntry[];
}
