// A qdisc, class or filter as data: the same shape whether it was read from a line of shape.tc or from the
// kernel, so that the two can be compared. `key` says which object it is, `values` what it is told.

/** `detour` is the filter that sends an uplink past its own tree while that is rebuilt. */
export type TcKind = 'root' | 'class' | 'leaf' | 'clsact' | 'filter' | 'detour';

export interface TcObject {
  kind: TcKind;
  /** Two objects with one key cannot both be in a kernel. */
  key: string;
  device: string;
  /** Root: its handle. Class: its id. Leaf: the class it hangs on. Filter: its handle, the mark. */
  id: string;
  /** The class above, for classes; `1:` above the topmost. */
  parent?: string;
  /** A u32 filter's own handle, which the kernel gives it: `800::800`. */
  handle?: string;
  /** A filter's preference, where it is not that of its kind. */
  pref?: number;
  /** The rest, by tc's own words. Rates in bits per second, sizes in bytes, times in microseconds. */
  values: Values;
  /** Read from the kernel, so that the values are what tc prints: fewer digits than it was told (tc/print.ts). */
  shown?: true;
  /** Where its line stands in shape.tc, and the whole of it; absent when read from the kernel. */
  place?: { at: Source; text: string };
  /** Whose it is, from the line's comment: `guest cliff`. */
  subject?: string;
}

import type { Source } from '../system/errors.ts';

export type Values = Record<string, string | number>;

export interface IfbDevice {
  name: string;
  alias: string;
  /** Which installation has loaded it (owner.ts); absent for one that was loaded by hand. */
  owner?: string;
  up: boolean;
  /** Somebody has put it into another group: it is recognized by its alias. */
  strayed?: true;
  /** From a template of the administrator's own; not read from the kernel. */
  txqueuelen?: number;
}

/** Everything of virt-shaper's, in rules.d or in a kernel. The maps are in an order that loads. */
export interface State {
  devices: Map<string, IfbDevice>;
  objects: Map<string, TcObject>;
  /** The kernel's settings; of a kernel, those that can be set. */
  settings: Map<string, string>;
  /** The text for `nft -f` that makes the table what it is, or takes it away. */
  ruleset: string;
  /** Devices whose root is a noqueue that somebody set; ours may stand in its place. Absent in rules.d. */
  noqueue?: Set<string>;
}

/** Nothing of ours. @param ruleset that takes our tables away, or no text where nobody loads it */
export function emptyState(ruleset = ''): State {
  return { devices: new Map(), objects: new Map(), settings: new Map(), ruleset };
}

/** A kernel's state, with what stands in the way of changing it. */
export interface KernelState extends State {
  /** Names of all network devices. */
  present: Set<string>;
  /** Devices with a root qdisc that somebody else set, and which. */
  foreignRoots: Map<string, string>;
  /** Taps with an `ingress` qdisc, which leaves no room for clsact. */
  occupiedTaps: Set<string>;
  /** Taps whose clsact has filters of somebody else. */
  sharedTaps: Set<string>;
  /** Devices to which a load that was killed was adding a clsact. */
  unfinished: Set<string>;
  hasTable: boolean;
  /** What the settings were before us, of those that we changed. */
  formerSettings: Map<string, string>;
  /** The ruleset as it was given to nft, when it is known that nobody changed the table since. */
  loaded?: { ruleset: string };
}

/** A kernel that holds a state, and nothing of others that would be in its way. */
export function kernelWith(state: State): KernelState {
  const nobody = {
    occupiedTaps: new Set<string>(),
    sharedTaps: new Set<string>(),
    unfinished: new Set<string>(),
  };
  return {
    ...state,
    ...nobody,
    present: new Set(),
    foreignRoots: new Map(),
    hasTable: state.ruleset !== '',
    formerSettings: new Map(),
    loaded: { ruleset: state.ruleset },
  };
}

export function makeObject(kind: TcKind, device: string, id: string, values: Values): TcObject {
  return { kind, key: keyOf(kind, device, id), device, id, values };
}

/** Another object, made after one whose place in the file stays the reason for it. */
export function variant(
  object: TcObject,
  changes: Partial<Pick<TcObject, 'device' | 'id' | 'parent' | 'values' | 'pref'>>,
): TcObject {
  const made = { ...object, ...changes };
  return { ...made, key: keyOf(made.kind, made.device, made.id) };
}

export function keyOf(kind: TcKind, device: string, id: string): string {
  return kind === 'root' || kind === 'clsact' ? `${device} ${kind}` : `${device} ${kind} ${id}`;
}

/** `0x00000010` and `0x10` are one mark. */
export function canonicalMark(text: string): string {
  return `0x${Number(text).toString(16)}`;
}

/** `1:0010` and `1:10` are one class. */
export function canonicalHandle(text: string): string {
  if (/^[1-9a-f][0-9a-f]*:(?:[1-9a-f][0-9a-f]*)?$/.test(text)) return text;
  const [major, minor] = text.toLowerCase().split(':');
  const short = (digits: string | undefined) => (digits ? Number.parseInt(digits, 16).toString(16) : '');
  return `${short(major)}:${short(minor)}`;
}
