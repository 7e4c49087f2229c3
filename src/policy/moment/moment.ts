// The moment: time, overrides and volumes, for which a policy is computed. It is an input like the configuration, so a policy can
// be computed for any other moment. Temporary changes apply to a value as steps (origin.ts), the administrator's override last.
import type { Source } from '../../system/errors.ts';
import type { TimeSpan } from '../../units/period.ts';
import type { Both, Direction } from '../../units/units.ts';
import type { Credit } from './credit.ts';

export interface Moment {
  /** Milliseconds since 1970. */
  now: number;
  /** The overrides that administrators have set; those that have ended do not count. */
  overrides: Override[];
  /** The bytes delivered to and from a guest or group in a period, on all uplinks; absent where nothing is known of volumes. */
  used?: (subject: MomentSubject, period: TimeSpan) => Both<number>;
  /** Until when a quota stays used up although the clock was set to another period, in milliseconds since 1970. */
  held?: (subject: MomentSubject, period: TimeSpan) => number | undefined;
  /** The credit of a guest's boost; absent where no guest has any. */
  credit?: (guest: string, direction: Direction) => Credit | undefined;
}

/** A guest, a group, or the unmarked traffic of an uplink, by the uplink's name. */
export interface MomentSubject {
  kind: 'guest' | 'group' | 'unmarked';
  name: string;
}

/** An override, on every uplink. Rates in bits per second; absent directions and keys are not changed. */
export interface Override extends MomentSubject {
  rate?: Partial<Both<number>>;
  ceil?: Partial<Both<number>>;
  /** When it was set: milliseconds since 1970. */
  since: number;
  /** When it ends; absent: when it is lifted. */
  until?: number;
  /** The name of the user who set it. */
  by: string;
  why?: string;
}

/**
 * A step: a temporary change of a value. Steps apply in this order, each to the result of the one before: a time window, credit, a
 * quota that is used up (which never raises a value), and an administrator's override, which wins.
 */
export interface MomentStep {
  by: 'window' | 'boost' | 'quota' | 'limit';
  /** The value after this step, in bits per second. */
  to: number;
  /** Where it is written; absent for an override. */
  at?: Source;
  /** When it ends, where that is known: milliseconds since 1970. */
  until?: number;
  /** The override: who set it, when and why. */
  set?: { by: string; since: number; why?: string };
}

/** The value for now, in bits per second, with the last step. */
export interface ForNow extends MomentStep {
  usual: number;
}

/** No particular moment: no window and no other step applies. */
export const everyday: Moment = { now: Number.NaN, overrides: [] };

/** Whether an override has not ended. The time at which it was set does not matter, so a clock that was set back lifts none. */
export function isInForce({ until }: Override, now: number): boolean {
  return until === undefined || now < until;
}

/** Tells an override from all others: its subject, and when it was set. */
export type OverrideKey = Pick<Override, 'kind' | 'name' | 'since'>;

export function hasOverride(keys: OverrideKey[], { kind, name, since }: OverrideKey): boolean {
  return keys.some((one) => one.kind === kind && one.name === name && one.since === since);
}

/** @returns those that have not ended */
export function overrideKeys({ now, overrides }: Moment): OverrideKey[] {
  return overrides
    .filter((one) => isInForce(one, now))
    .map(({ kind, name, since }) => ({ kind, name, since }));
}

/** @returns the override that was set last */
export function limitSteps(
  { now, overrides }: Moment,
  { kind, name }: MomentSubject,
  key: 'rate' | 'ceil',
  direction: Direction,
): MomentStep[] {
  const own = overrides.filter((one) => one.name === name && one.kind === kind && isInForce(one, now));
  const last = own.findLast((one) => one[key]?.[direction] !== undefined);
  const to = last?.[key]?.[direction];
  if (!last || to === undefined) return [];
  const { since, until, by, why } = last;
  return [
    {
      by: 'limit',
      to,
      ...(until === undefined ? {} : { until }),
      set: { by, since, ...(why === undefined ? {} : { why }) },
    },
  ];
}
