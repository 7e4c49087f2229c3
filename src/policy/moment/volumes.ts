// What is known of volumes and credit at a look: reckoned from the ledger and from what was known at the look before. A
// guest that starts between two looks goes by this, so it is all that a moment needs.
import type { Config, Quota } from '../../config/config.ts';
import { matchGuest } from '../../config/pattern.ts';
import type { Span } from '../../units/period.ts';
import { type Both, both, type Direction } from '../../units/units.ts';
import { type Credit, newCredit, reckon } from './credit.ts';
import type { Moment, Subject } from './moment.ts';
import { isUsedUp, type QuotaUse, quotaAt, shareUsed } from './quotas.ts';
import { holdingAt } from './windows.ts';

/** Milliseconds since 1970, and since boot by the kernel's count, which nobody sets. */
export interface Clocks {
  now: number;
  sinceBoot: number;
}

/** What was used in a period, bytes. */
export interface QuotaRecord extends Span {
  used: Both<number>;
  /** From when it is used up: its `then` holds `until`, milliseconds since boot, wherever the clock is set meanwhile. */
  held?: { until: number; end: number };
}

export interface Volumes {
  /** Milliseconds since boot. */
  at: number;
  /** By `keyOf`. */
  quotas: Map<string, QuotaRecord>;
  /** By a guest's name; a direction without a boost is absent. */
  credits: Map<string, Partial<Both<Credit>>>;
}

/** The ledger's word. Bytes. */
export interface Delivered {
  /** Everybody of whom it knows something. */
  subjects: Subject[];
  used: NonNullable<Moment['used']>;
  /** All that was ever counted: it does not fall. */
  total: (subject: Subject) => Both<number>;
}

/** A volume of which so much is used that people should know. */
export interface Notice {
  subject: Subject;
  quota: Quota;
  use: QuotaUse;
  /** Whole percents. */
  reached: 80 | 100;
}

export function keyOf({ kind, name }: Pick<Subject, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

/**
 * @param before of this boot; absent at its first look, which says again what was said before it
 * @returns what is known now, and what has reached 80 or 100 % since
 */
export function reckonVolumes(
  config: Config,
  { now, sinceBoot }: Clocks,
  delivered: Delivered,
  before: Volumes | undefined,
): { volumes: Volumes; notices: Notice[] } {
  const volumes: Volumes = { at: sinceBoot, quotas: new Map(), credits: new Map() };
  const notices: Notice[] = [];
  for (const subject of subjectsOf(config, delivered.subjects, before, now)) {
    const quota = quotaOf(config, subject);
    if (quota) {
      const known = before?.quotas.get(keyOf(subject));
      const usedIn = (span: Span) => atLeast(delivered.used(subject, span), known, span);
      const use = quotaAt(quota, usedIn, now);
      const used = usedIn(use);
      const hold = holdOf(use, known?.held, { now, sinceBoot });
      volumes.quotas.set(keyOf(subject), { begin: use.begin, end: use.end, used, ...hold });
      const reached = reachedSince(quota, use, known);
      if (reached) notices.push({ subject, quota, use, reached });
    }
    if (subject.kind === 'guest') {
      const elapsed = before ? (sinceBoot - before.at) / 1000 : 0;
      const known = before?.credits.get(subject.name);
      const credit = creditOf(config, subject, now, { total: delivered.total(subject), known, elapsed });
      if (credit) volumes.credits.set(subject.name, credit);
    }
  }
  return { volumes, notices };
}

/** Groups by the configuration; guests that used something or have credit. Who is new has all of his. */
function subjectsOf(
  { groups }: Config,
  known: Subject[],
  before: Volumes | undefined,
  now: number,
): Subject[] {
  const guests = new Set(known.flatMap(({ kind, name }) => (kind === 'guest' ? name : [])));
  for (const name of before?.credits.keys() ?? []) guests.add(name);
  // A ledger that is lost names nobody.
  for (const [key, { end }] of before?.quotas ?? [])
    if (key.startsWith('guest ') && end > now) guests.add(key.slice('guest '.length));
  return [
    ...groups.map(({ name }): Subject => ({ kind: 'group', name })),
    ...[...guests].map((name): Subject => ({ kind: 'guest', name })),
  ];
}

function quotaOf(config: Config, { kind, name }: Subject): Quota | undefined {
  return kind === 'group'
    ? config.groups.find((group) => group.name === name)?.quota
    : matchGuest(config, name)?.quota;
}

/** What was used of a period does not become less: a ledger that is lost lifts nothing. */
function atLeast(used: Both<number>, known: QuotaRecord | undefined, { begin }: Span): Both<number> {
  return known?.begin === begin ? both((way) => Math.max(used[way], known.used[way])) : used;
}

/** A clock that was set ends no period early, not before as much time has passed as there was until its end. */
function holdOf(
  use: QuotaUse,
  last: QuotaRecord['held'],
  { now, sinceBoot }: Clocks,
): Pick<QuotaRecord, 'held'> {
  const held = last && last.until > sinceBoot ? last : undefined;
  const isOwn = held?.end === use.end;
  if (!isUsedUp(use)) return held && !isOwn ? { held } : {};
  return { held: held && isOwn ? held : { end: use.end, until: sinceBoot + use.end - now } };
}

/** What is said once in a period: where it was not reached by the look before. */
function reachedSince(
  quota: Quota,
  use: QuotaUse,
  known: QuotaRecord | undefined,
): Notice['reached'] | undefined {
  const isSame = known?.begin === use.begin;
  const before = isSame ? quotaAt(quota, () => known.used, use.begin) : undefined;
  const [then, now] = [before ? shareUsed(before) : 0, shareUsed(use)];
  return ([100, 80] as const).find((percent) => now >= percent / 100 && then < percent / 100);
}

function creditOf(
  config: Config,
  { name }: Subject,
  now: number,
  {
    total,
    known,
    elapsed,
  }: { total: Both<number>; known: Partial<Both<Credit>> | undefined; elapsed: number },
): Partial<Both<Credit>> | undefined {
  const entry = matchGuest(config, name);
  const { boost } = entry ?? {};
  if (!entry || !boost) return undefined;
  const window = holdingAt(entry.when ?? config.defaults.when ?? [], now).window?.ceil;
  const usual = entry.ceil ?? config.defaults.ceil;
  const credits = both((way) => {
    if (!boost.ceil[way]) return undefined;
    const volume = boost.volume.value;
    const ceil = (window?.[way] ?? usual[way]).value;
    const last = known?.[way];
    return last ? reckon(last, { ceil, volume }, total[way], elapsed) : newCredit(volume, total[way]);
  });
  return { ...(credits.out ? { out: credits.out } : {}), ...(credits.in ? { in: credits.in } : {}) };
}

/** Of this as a part of a moment. @param used since the look; no less than was known then */
export function asMoment(
  volumes: Volumes | undefined,
  { now, sinceBoot }: Clocks,
  used?: Moment['used'],
): Pick<Moment, 'used' | 'credit' | 'held'> {
  if (!volumes) return used ? { used } : {};
  return {
    used: (subject, span) => {
      const known = volumes.quotas.get(keyOf(subject));
      return atLeast(used?.(subject, span) ?? { out: 0, in: 0 }, known, span);
    },
    credit: (guest: string, way: Direction) => volumes.credits.get(guest)?.[way],
    held: (subject, { end }) => {
      const held = volumes.quotas.get(keyOf(subject))?.held;
      const left = (held?.until ?? 0) - sinceBoot;
      return left > aMinute && held?.end !== end ? now + left : undefined;
    },
  };
}

/** A clock that is set by less goes right. */
const aMinute = 60_000;
