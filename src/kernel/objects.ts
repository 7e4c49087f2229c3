// Qdiscs, classes and filters as data, in the same form whether they were parsed from a line of shape.tc or read from the
// kernel, so that the two can be compared. `key` identifies the object, `values` are its parameters.

/** `detour` is the filter that redirects an uplink's frames past its own tree while that is rebuilt. */
export type TcKind = 'root' | 'class' | 'leaf' | 'clsact' | 'filter' | 'detour';

export interface TcObject {
  kind: TcKind;
  /** Unique among the objects of a kernel. */
  key: string;
  device: string;
  /** Of a root its handle, of a class its id, of a leaf the id of its class, of a filter its mark. */
  id: string;
  /** The id of a class's parent; that of the topmost class is `1:` or `2:`, the root. */
  parent?: string;
  /** The handle of a u32 filter, which the kernel assigns: `800::800`. */
  handle?: string;
  /** The preference of a filter, where it is not the usual one of its kind. */
  pref?: number;
  /** All other parameters, by tc's names. Rates in bits per second, sizes in bytes, times in microseconds. */
  values: Values;
  /** Whether it was read from the kernel: then values have only the digits that tc prints (tc/print.ts). */
  shown?: true;
  /** The place and the text of its line in shape.tc; absent when it was read from the kernel. */
  place?: { at: Source; text: string };
  /** Its owner, from the comment of the line: `guest cliff`. */
  subject?: string;
}

import type { Source } from '../system/errors.ts';

export type Values = Record<string, string | number>;

export interface IfbDevice {
  name: string;
  alias: string;
  /** The installation that has loaded it (owner.ts); absent where it was loaded by hand. */
  owner?: string;
  up: boolean;
  /** Whether somebody has moved it to another group, so that it was recognized by its alias. */
  strayed?: true;
  /** Set by devices.ip; not read from the kernel. */
  txqueuelen?: number;
}

/** All objects of virt-shaper, in rules.d or in a kernel. The maps are in an order in which the objects can be made. */
export interface State {
  devices: Map<string, IfbDevice>;
  objects: Map<string, TcObject>;
  /** Settings (sysctl): in rules.d the wanted ones, of a kernel all that can be set. */
  settings: Map<string, string>;
  /** Input for `nft -f` that makes the tables, or deletes them. */
  ruleset: string;
  /** Devices whose root is a noqueue qdisc that somebody has set, which we may replace. Absent in rules.d. */
  noqueue?: Set<string>;
}

/** A state without objects. @param ruleset deletes our tables; empty where the state is never loaded */
export function emptyState(ruleset = ''): State {
  return { devices: new Map(), objects: new Map(), settings: new Map(), ruleset };
}

/** A kernel's state, with the objects of others that may be in the way. */
export interface KernelState extends State {
  /** Names of all network devices. */
  present: Set<string>;
  /** Device -> the root qdisc that somebody else has set on it. */
  foreignRoots: Map<string, string>;
  /** Taps with an `ingress` qdisc, which excludes a clsact. */
  occupiedTaps: Set<string>;
  /** Taps whose clsact has filters of somebody else. */
  sharedTaps: Set<string>;
  /** Devices to which a load that was killed was adding a clsact. */
  unfinished: Set<string>;
  hasTable: boolean;
  /** The former values of settings that we have changed. */
  formerSettings: Map<string, string>;
  /** The ruleset that was loaded, where it is known that nobody has changed the table since. */
  loaded?: { ruleset: string };
  /** Whether there is a table, and no record of what was loaded into it: it may be as it was. */
  isUnrecorded?: boolean;
}

/** The state of a kernel that has these objects and none of others. */
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
  return { kind, key: objectKey(kind, device, id), device, id, values };
}

/** A changed copy of an object. It keeps the place, so that messages about it name the line of the original. */
export function variant(
  object: TcObject,
  changes: Partial<Pick<TcObject, 'device' | 'id' | 'parent' | 'values' | 'pref'>>,
): TcObject {
  const made = { ...object, ...changes };
  return { ...made, key: objectKey(made.kind, made.device, made.id) };
}

export function objectKey(kind: TcKind, device: string, id: string): string {
  return kind === 'root' || kind === 'clsact' ? `${device} ${kind}` : `${device} ${kind} ${id}`;
}

/** The canonical form of a mark: `0x00000010` and `0x10` are the same. */
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
