// Moments and durations as people write and read them, in the host's time zone. Both are in milliseconds; moments count
// since 1970.
import { dayOf } from './days.ts';
import type { Refusal } from './rate.ts';

/** `2026-12-24 20:00` */
export function formatMinute(at: number): string {
  const date = new Date(at);
  return `${dayOf(at)} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

const two = (value: number) => String(value).padStart(2, '0');

const seconds: Record<string, number> = { s: 1, sec: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800 };
const lengthExamples = 'times look like "90min", "2h", "1h30m", "3d" or "1w"';

/** Milliseconds of ten years: more is a mistake, and a Date could overflow. */
const longest = 10 * 366 * 86_400_000;

/** A duration, such as `2h30min`. @returns milliseconds */
export function parseLength(text: string): number | Refusal {
  const words = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)\s*/giy)];
  const units = words.map(
    ([, number, unit = '']) => Number(number) * 1000 * (seconds[unitOf(unit)] ?? Number.NaN),
  );
  const whole = words.map(([all]) => all).join('') === text.trim();
  if (whole && words.length === 1 && words[0]?.[2] === '')
    return { reason: 'has no unit', hint: `did you mean "${text.trim()}min" or "${text.trim()}h"?` };
  const length = Math.round(units.reduce((sum, one) => sum + one, 0));
  if (!whole || words.length === 0 || Number.isNaN(length))
    return { reason: 'is not a time', hint: lengthExamples };
  if (length === 0) return { reason: 'is no time at all', hint: lengthExamples };
  if (length > longest)
    return { reason: 'is more than ten years', hint: 'without --for it lasts until it is lifted' };
  return length;
}

function unitOf(written: string): string {
  const unit = written.toLowerCase();
  const long = { sec: /^sec(ond)?s?$/, min: /^min(ute)?s?$/, h: /^h(ou)?rs?$/, d: /^days?$/, w: /^weeks?$/ };
  return Object.entries(long).find(([, words]) => words.test(unit))?.[0] ?? unit;
}

const momentExamples = 'moments look like "2026-12-24 20:00", "2026-12-24" or "20:00"';

/**
 * A date, a time of day, or both. A time alone means its next occurrence, a date alone the beginning of that day.
 * @param now the moment after which "20:00" is searched
 */
export function parseMoment(text: string, now: number): number | Refusal {
  const [, year, month, day, hour, minute, second, zone] =
    /^(?:(\d{4})-(\d\d?)-(\d\d?))?[ T]?(?:(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(
      text.trim(),
    ) ?? [];
  if (text.trim() === '' || (year === undefined && hour === undefined) || (zone && (!year || !hour)))
    return { reason: 'is not a moment', hint: momentExamples };
  const clock = [hour, minute, second].map((one) => Number(one ?? 0));
  const [hours = 0, minutes = 0, of = 0] = clock;
  if (hours > 23 || minutes > 59 || of > 59) return { reason: 'is no time of a day', hint: momentExamples };
  if (year === undefined) return nextOf(clock, now);
  const date = new Date(Number(year), Number(month) - 1, Number(day), hours, minutes, of);
  if (
    new Date(Number(year), Number(month) - 1, Number(day)).getDate() !== Number(day) ||
    !(Number(month) >= 1 && Number(month) <= 12)
  )
    return { reason: 'is no day of a calendar', hint: momentExamples };
  if (!zone) return date.getTime();
  const iso = `${year}-${two(Number(month))}-${two(Number(day))}T${clock.map(two).join(':')}${zone}`;
  return Date.parse(iso);
}

function nextOf([hours = 0, minutes = 0, of = 0]: number[], now: number): number {
  const day = new Date(now);
  day.setHours(hours, minutes, of, 0);
  if (day.getTime() <= now) {
    day.setDate(day.getDate() + 1);
    day.setHours(hours, minutes, of, 0);
  }
  return day.getTime();
}
