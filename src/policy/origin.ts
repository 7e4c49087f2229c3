// Where each value of a guest comes from, for those who explain it. It is looked for in the same order on every
// uplink: the entry's values for that uplink, the entry, the guest's own metadata, the defaults. Then come the steps of
// the moment, then the cuts.
import type { Config, GuestEntry, Setting } from '../config/config.ts';
import type { LeafKind } from '../config/leaf.ts';
import { matchGuest } from '../config/pattern.ts';
import type { Guest, GuestMetadata } from '../guests/guest.ts';
import type { Source } from '../system/errors.ts';
import { printable } from '../system/printable.ts';
import { label } from '../text/label.ts';
import type { Direction } from '../units/units.ts';
import type { Moment, Step } from './moment/moment.ts';

/** `on` is the entry's [... .on.UPLINK]; `at` is absent for metadata and what is built in. */
export interface Origin {
  from: 'on' | 'entry' | 'metadata' | 'defaults' | 'built-in';
  at?: Source;
}

/** Where a leaf is written. */
export interface LeafOrigin {
  from: Origin['from'] | 'group';
  at?: Source;
  /** What is asked for there. */
  kind: LeafKind;
}

/** What made a value less than it was found, in bits per second. */
export interface Cut {
  /** `metadata`: what [defaults] lets a guest's own XML ask for. `sum`: all guarantees below `name` sum to more than it has. `refused`: oversubscribed = "refuse". */
  by: 'metadata' | 'ceil' | 'group' | 'link' | 'sum' | 'refused';
  /** Whose limit that is: the group's or the uplink's name. */
  name: string;
  to: number;
  /** Where the limit is written, when it is. */
  at?: Source;
  /** What made that limit another one than it is otherwise, and what it is then. */
  step?: Step;
  usual?: number;
  /** What the guarantees sum to, and how much there is for them. */
  sum?: { of: number; limit: number };
}

/** A rate as it was found, in bits per second, what the moment has made of it, and what it lost since, in that order. */
export interface Traced extends Origin {
  found: number;
  steps: Step[];
  cuts: Cut[];
}

/** What may say something of a guest, the strongest first. */
export interface Sources {
  config: Config;
  entry?: GuestEntry;
  /** Only where the configuration accepts it. */
  metadata?: GuestMetadata;
  /** What holds for a time only wins over all of these. */
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

/** What of its metadata, where that counts, could not be understood: a sentence each, for a terminal. */
export function metadataProblems(config: Config, { name, metadata }: Guest): string[] {
  const problems = config.defaults.metadata ? (metadata?.problems ?? []) : [];
  return problems.map((problem) => `guest ${label(name)}: its metadata: ${printable(problem)}: left out`);
}

/** A guest that brings values of its own is as good as one with an entry, whatever of them can be used. */
export function isListed({ entry, metadata }: Sources): boolean {
  return entry !== undefined || metadata !== undefined;
}

/**
 * A direction that an entry leaves out is not written there: it holds the very Setting of what it inherits from
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
  if (here && here !== own && here !== fallback) return traced('on', here);
  if (own && own !== fallback) return traced('entry', own);
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

/** @returns the group's name; nothing for a guest on its own */
export function findGroup(
  { entry, metadata }: Sources,
  uplink: string,
): (Origin & { name: string }) | undefined {
  const here = entry?.on.get(uplink)?.group;
  const own = here ?? entry?.group;
  if (own) return { name: own.value, from: here ? 'on' : 'entry', ...(own.at ? { at: own.at } : {}) };
  return metadata?.group === undefined ? undefined : { name: metadata.group, from: 'metadata' };
}

/** What it is without any step, bits per second: what was found, and of what a guest asks for as much as it may. */
export function usual({ found, cuts }: Traced): number {
  return Math.min(found, ...cuts.flatMap(({ by, to }) => (by === 'metadata' ? to : [])));
}

/** What it is by its last step, or without one, before anything above it cuts it. */
export function wanted(traced: Traced): number {
  return traced.steps.at(-1)?.to ?? usual(traced);
}

/** The lowest of the limits; each that lowers the value further is among its cuts. */
export function bound(traced: Traced, limits: Cut[]): number {
  const before = wanted(traced);
  return limits.reduce((value, limit) => {
    if (limit.to >= value) return value;
    traced.cuts.push(limit);
    return limit.to;
  }, before);
}
