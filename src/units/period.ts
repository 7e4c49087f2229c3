// The periods of a quota: days, weeks and months in the host's time zone. A month without the day on which the period begins
// begins it on its last day.
import type { Refusal } from './rate.ts';

/** `month` with the day on which it begins, 1 to 31. A week begins on Monday. */
export type Period = { every: 'day' } | { every: 'week' } | { every: 'month'; on: number };

export interface TimeSpan {
  /** Milliseconds since 1970. */
  begin: number;
  /** Exclusive. */
  end: number;
}

export function parsePeriod(text: string): Period | Refusal {
  const words = text.trim().toLowerCase().split(/\s+/);
  const [every, on, day, ...more] = words;
  if (every === 'day' && words.length === 1) return { every };
  if (every === 'week' && words.length === 1) return { every };
  if (every === 'month' && words.length === 1) return { every, on: 1 };
  const known = 'it is "day", "week", "month" or "month on 15"';
  if (every !== 'month' || on !== 'on' || day === undefined || more.length > 0) {
    return { reason: 'is not how often a volume is given', hint: known };
  }
  const number = /^\d\d?$/.test(day) ? Number(day) : 0;
  if (number >= 1 && number <= 31) return { every, on: number };
  return {
    reason: 'names no day of a month',
    hint: 'days are 1 to 31; in a shorter month it begins on the last day',
  };
}

/** The inverse of parsePeriod. */
export function formatPeriod(period: Period): string {
  return period.every === 'month' && period.on !== 1 ? `month on ${period.on}` : period.every;
}

/** The span of the period that contains a moment. */
export function periodAt(period: Period, now: number): TimeSpan {
  const date = new Date(now);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  if (period.every === 'day') return span(year, month, day, 1);
  if (period.every === 'week') return span(year, month, day - ((date.getDay() + 6) % 7), 7);
  const begins = monthBegin(year, month, period.on);
  return now >= begins
    ? { begin: begins, end: monthBegin(year, month + 1, period.on) }
    : { begin: monthBegin(year, month - 1, period.on), end: begins };
}

/** Where a time zone skips midnight, a day begins with its first moment; where midnight comes twice, with the first. */
function span(year: number, month: number, day: number, days: number): TimeSpan {
  return { begin: new Date(year, month, day).getTime(), end: new Date(year, month, day + days).getTime() };
}

function monthBegin(year: number, month: number, on: number): number {
  const last = new Date(year, month + 1, 0).getDate();
  return new Date(year, month, Math.min(on, last)).getTime();
}
