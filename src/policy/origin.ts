// The origin of each value of a guest, for `explain`. On every uplink the precedence is the same: the entry's values for that
// uplink, the entry, the guest's own metadata, [defaults]. Then the steps of the moment apply, then the cuts.
import type { Config, GuestEntry, Setting } from '../config/config.ts';
import type { LeafKind } from '../config/leaf.ts';
import { matchGuest } from '../config/pattern.ts';
import type { Guest, GuestMetadata } from '../guests/guest.ts';
import type { Source } from '../system/errors.ts';
import { printable } from '../system/printable.ts';
import { label } from '../text/label.ts';
import { isSamePlace } from '../toml/place.ts';
import type { Direction } from '../units/units.ts';
import type { Moment, MomentStep } from './moment/moment.ts';

/** `on` is the entry's [... .on.UPLINK]; `at` is absent for metadata and built-in values. */
export interface Origin {
  from: 'on' | 'entry' | 'metadata' | 'defaults' | 'built-in';
  at?: Source;
}

/** Where a leaf is written. */
export interface LeafOrigin {
  from: Origin['from'] | 'group';
  at?: Source;
  /** The kind that is configured there. */
  kind: LeafKind;
}

/** A limit that lowered a value below the configured one, in bits per second. */
export interface Cut {
  /** `metadata`: what [defaults] lets a guest's own XML ask for. `sum`: all guarantees below `name` sum to more than it has. `refused`: oversubscribed = "refuse". */
  by: 'metadata' | 'ceil' | 'group' | 'link' | 'sum' | 'refused';
  /** The owner of the limit: the name of the group or uplink. */
  name: string;
  to: number;
  /** Where the limit is written; absent for one that is not. */
  at?: Source;
  /** The step that changed that limit for now, and its value then. */
  step?: MomentStep;
  usual?: number;
  /** The sum of the guarantees, and the limit that it exceeds. */
  sum?: { of: number; limit: number };
}

/** A rate as configured, in bits per second, then the steps of the moment, then the cuts, in the order in which they apply. */
export interface Traced extends Origin {
  found: number;
  steps: MomentStep[];
  cuts: Cut[];
}

/** The sources of a guest's values, in their order of precedence. */
export interface Sources {
  config: Config;
  entry?: GuestEntry;
  /** Present only where the configuration accepts metadata. */
  metadata?: GuestMetadata;
  /** Values that hold for now override all of these. */
  moment: Moment;
}

export function sourcesOf(
  config: Config,
  { name, metadata }: Pick<Guest, 'name' | 'metadata'>,
  moment: Moment,
): Sources {
  const entry = matchGuest(config, name);
  return {
    config,
    moment,
    ...(entry ? { entry } : {}),
    ...(config.defaults.metadata && metadata ? { metadata } : {}),
  };
}

/** @returns a sentence for each problem in the guest's metadata, where that is accepted; printable */
export function metadataProblems(config: Config, { name, metadata }: Guest): string[] {
  const problems = config.defaults.metadata ? (metadata?.problems ?? []) : [];
  return problems.map((problem) => `guest ${label(name)}: its metadata: ${printable(problem)}: left out`);
}

/** Whether the guest is listed: one with accepted metadata is, as if it had an entry, even if no value of it is valid. */
export function isListed({ entry, metadata }: Sources): boolean {
  return entry !== undefined || metadata !== undefined;
}

/**
 * Finds a rate and its origin. A direction that an entry leaves out has the value, and the place, of the one that it inherits
 * (config/decode/values.ts, eachWay).
 */
export function findRate(
  { config, entry, metadata }: Sources,
  uplink: string,
  key: 'rate' | 'ceil',
  direction: Direction,
): Traced {
  const fallback = config.defaults[key][direction];
  const own = entry?.[key]?.[direction];
  const here = entry?.on.get(uplink)?.[key]?.[direction];
  const traced = (from: Origin['from'], { value, at }: Setting<number>): Traced => ({
    from,
    ...(at ? { at } : {}),
    found: value,
    steps: [],
    cuts: [],
  });
  const isInherited = (setting: Setting<number>) => isSamePlace(setting.at, fallback.at);
  if (here && !isInherited(here) && !isSamePlace(here.at, own?.at)) return traced('on', here);
  if (own && !isInherited(own)) return traced('entry', own);
  const told = metadata?.[key]?.[direction];
  if (told !== undefined) {
    const asked = traced('metadata', { value: told });
    const { value, at } = (config.defaults.metadata || undefined)?.[key]?.[direction] ?? fallback;
    if (told > value)
      asked.cuts.push({ by: 'metadata', name: '[defaults]', to: value, ...(at ? { at } : {}) });
    return asked;
  }
  return traced(fallback.at ? 'defaults' : 'built-in', fallback);
}

/** @returns the group's name; nothing for a guest without a group */
export function findGroup(
  { entry, metadata }: Sources,
  uplink: string,
): (Origin & { name: string }) | undefined {
  const here = entry?.on.get(uplink)?.group;
  const own = here ?? entry?.group;
  if (own) return { name: own.value, from: here ? 'on' : 'entry', ...(own.at ? { at: own.at } : {}) };
  return metadata?.group === undefined ? undefined : { name: metadata.group, from: 'metadata' };
}

/** The value before any step, in bits per second: the configured one, or that of the metadata, capped by [defaults]. */
export function usual({ found, cuts }: Traced): number {
  return Math.min(found, ...cuts.flatMap(({ by, to }) => (by === 'metadata' ? to : [])));
}

/** The value after its last step, before the cuts. */
export function wanted(traced: Traced): number {
  return traced.steps.at(-1)?.to ?? usual(traced);
}

/** Applies the limits in turn; each one that lowers the value further is added to its cuts. */
export function bound(traced: Traced, limits: Cut[]): number {
  const before = wanted(traced);
  return limits.reduce((value, limit) => {
    if (limit.to >= value) return value;
    traced.cuts.push(limit);
    return limit.to;
  }, before);
}
