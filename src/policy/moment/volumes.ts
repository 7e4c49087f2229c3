// The state of volumes and credit at a look (a sync), computed from the ledger and the state of the previous look. A guest that
// starts between two looks uses this state, so it has everything that a moment needs.
import type { Config, Quota } from '../../config/config.ts';
import { matchGuest } from '../../config/pattern.ts';
import type { TimeSpan } from '../../units/period.ts';
import { type Both, both, type Direction } from '../../units/units.ts';
import { type Credit, newCredit, reckon } from './credit.ts';
import type { Moment, MomentSubject } from './moment.ts';
import { isUsedUp, type QuotaUse, quotaAt, shareUsed } from './quotas.ts';
import { holdingAt } from './windows.ts';

/** The wall clock in milliseconds since 1970, and the kernel's monotonic clock in milliseconds since boot. */
export interface Clocks {
  now: number;
  sinceBoot: number;
}

/** The use in a period, in bytes. */
export interface QuotaRecord extends TimeSpan {
  used: Both<number>;
  /** Once it is used up, its `then` holds `until`, in milliseconds since boot, even if the wall clock is set meanwhile. */
  held?: { until: number; end: number };
}

export interface Volumes {
  /** The time of the look, in milliseconds since boot. */
  at: number;
  /** Keyed by `volumeKey`. */
  quotas: Map<string, QuotaRecord>;
  /** Keyed by the guest's name; a direction without a boost is absent. */
  credits: Map<string, Partial<Both<Credit>>>;
}

/** The figures of the ledger, in bytes. */
export interface Delivered {
  /** All subjects that it has figures for. */
  subjects: MomentSubject[];
  used: NonNullable<Moment['used']>;
  /** The total ever counted, which is monotonic. */
  total: (subject: MomentSubject) => Both<number>;
}

/** The notice that a volume has reached a threshold. */
export interface Notice {
  subject: MomentSubject;
  quota: Quota;
  use: QuotaUse;
  /** The threshold in percent. */
  reached: 80 | 100;
}

export function volumeKey({ kind, name }: Pick<MomentSubject, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

/**
 * @param before the previous look of this boot; absent at the first, which repeats notices of the boot before
 * @returns the state now, and the notices for volumes that have reached 80 or 100 % since
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
      const known = before?.quotas.get(volumeKey(subject));
      const usedIn = (span: TimeSpan) => atLeast(delivered.used(subject, span), known, span);
      const use = quotaAt(quota, usedIn, now);
      const used = usedIn(use);
      const hold = holdOf(use, known?.held, { now, sinceBoot });
      volumes.quotas.set(volumeKey(subject), { begin: use.begin, end: use.end, used, ...hold });
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

/** The owners: groups of the configuration, and guests with use or credit. A new guest has its full credit. */
function subjectsOf(
  { groups }: Config,
  known: MomentSubject[],
  before: Volumes | undefined,
  now: number,
): MomentSubject[] {
  const guests = new Set(known.flatMap(({ kind, name }) => (kind === 'guest' ? name : [])));
  for (const name of before?.credits.keys() ?? []) guests.add(name);
  // After the loss of the ledger the previous look still names its guests.
  for (const [key, { end }] of before?.quotas ?? [])
    if (key.startsWith('guest ') && end > now) guests.add(key.slice('guest '.length));
  return [
    ...groups.map(({ name }): MomentSubject => ({ kind: 'group', name })),
    ...[...guests].map((name): MomentSubject => ({ kind: 'guest', name })),
  ];
}

function quotaOf(config: Config, { kind, name }: MomentSubject): Quota | undefined {
  return kind === 'group'
    ? config.groups.find((group) => group.name === name)?.quota
    : matchGuest(config, name)?.quota;
}

/** Use in a period never decreases, so the loss of the ledger lifts no limit. */
function atLeast(used: Both<number>, known: QuotaRecord | undefined, { begin }: TimeSpan): Both<number> {
  return known?.begin === begin ? both((way) => Math.max(used[way], known.used[way])) : used;
}

/** A period does not end early when the clock is set: its remaining time has to pass by the monotonic clock. */
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

/** The thresholds that were reached since the previous look: each is announced once in a period. */
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
  { name }: MomentSubject,
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

/** The state as a part of a moment. @param used the use by the ledger; the state's own is its lower bound */
export function asMoment(
  volumes: Volumes | undefined,
  { now, sinceBoot }: Clocks,
  used?: Moment['used'],
): Pick<Moment, 'used' | 'credit' | 'held'> {
  if (!volumes) return used ? { used } : {};
  return {
    used: (subject, span) => {
      const known = volumes.quotas.get(volumeKey(subject));
      return atLeast(used?.(subject, span) ?? { out: 0, in: 0 }, known, span);
    },
    credit: (guest: string, way: Direction) => volumes.credits.get(guest)?.[way],
    held: (subject, { end }) => {
      const held = volumes.quotas.get(volumeKey(subject))?.held;
      const left = (held?.until ?? 0) - sinceBoot;
      return left > aMinute && held?.end !== end ? now + left : undefined;
    },
  };
}

/** Milliseconds: a smaller step of the clock counts as none. */
const aMinute = 60_000;
