// The moment that a policy is made for: an input like the configuration, so that any other moment can be asked for. What
// holds for a time only changes a value in steps (origin.ts), of which what an administrator has set for now is the last.
import type { Source } from '../../system/errors.ts';
import type { Span } from '../../units/period.ts';
import type { Both, Direction } from '../../units/units.ts';
import type { Credit } from './credit.ts';

export interface Moment {
  /** Milliseconds since 1970. */
  now: number;
  /** What administrators have set for now; of those that have ended none counts. */
  overrides: Override[];
  /** Bytes delivered to and by a guest or a group in a period, on all uplinks; absent: of no volume is anything known. */
  used?: (subject: Subject, period: Span) => Both<number>;
  /** Until when a quota holds that was used up before the clock was set to this period: milliseconds since 1970. */
  held?: (subject: Subject, period: Span) => number | undefined;
  /** A guest's credit for its boost; absent: none has any. */
  credit?: (guest: string, direction: Direction) => Credit | undefined;
}

/** A guest, a group, or by an uplink's name all that no guest owns there. */
export interface Subject {
  kind: 'guest' | 'group' | 'unmarked';
  name: string;
}

/** On every uplink. Rates in bits per second; a direction or key that is absent is as it is otherwise. */
export interface Override extends Subject {
  rate?: Partial<Both<number>>;
  ceil?: Partial<Both<number>>;
  /** When it was set: milliseconds since 1970. */
  since: number;
  /** Absent: until it is lifted. */
  until?: number;
  /** A user's name. */
  by: string;
  why?: string;
}

/**
 * What holds for a time only and makes a value more or less than it is otherwise. In this order, each from where the one
 * before it left off: a window of the clock, credit, a quota that is used up (which never raises), and what an
 * administrator has set for now, which wins.
 */
export interface Step {
  by: 'window' | 'boost' | 'quota' | 'limit';
  /** Bits per second: what the value is from here on. */
  to: number;
  /** Where it is written; absent for what an administrator has set. */
  at?: Source;
  /** When it ends, where that is known: milliseconds since 1970. */
  until?: number;
  /** Who has set it, when and why. */
  set?: { by: string; since: number; why?: string };
}

/** What a value is now in the place of what it is otherwise, bits per second, with the step that made it so. */
export interface ForNow extends Step {
  usual: number;
}

/** No hour in particular: no window holds, and nothing else that is for a time only. */
export const everyday: Moment = { now: Number.NaN, overrides: [] };

/** When it was set does not count: a clock that was set back since lifts nothing. */
export function isInForce({ until }: Override, now: number): boolean {
  return until === undefined || now < until;
}

/** The one that was set last counts. */
export function limitSteps(
  { now, overrides }: Moment,
  { kind, name }: Subject,
  key: 'rate' | 'ceil',
  direction: Direction,
): Step[] {
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
