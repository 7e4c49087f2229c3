// "mon..fri 08:00-18:00", "sat,sun", "22:00-06:00": days of the week, and a span of time on each. A span whose end is before
// its beginning ends on the next day, and belongs to the day on which it begins.
import { nearest } from './nearest.ts';
import type { Refusal } from './rate.ts';
import type { Wall } from './wall.ts';

export interface DaysAndTimes {
  /** Whether each weekday is included, Monday first. */
  days: boolean[];
  /** Minutes of the day. `to` is at most 1440; where it is not greater than `from`, it is on the next day. */
  from: number;
  to: number;
}

const names = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const short = names.map((name) => name.slice(0, 3));
const wholeDay = 24 * 60;
const examples = 'it looks like "mon..fri 08:00-18:00", "sat,sun" or "22:00-06:00"';

export function parseDaysAndTimes(text: string): DaysAndTimes | Refusal {
  const words = text.trim().split(/\s+/);
  const [first = '', second] = words;
  if (first === '' || words.length > 2) return { reason: 'is not days and a time', hint: examples };
  const hasDays = !/^\d/.test(first);
  if (!hasDays && second !== undefined) return { reason: 'has its time before its days', hint: examples };
  const time = hasDays ? second : first;
  const range = time === undefined ? { from: 0, to: wholeDay } : parseTimes(time);
  const days = hasDays
    ? parseDays(first, 'reason' in range ? undefined : (time ?? ''))
    : names.map(() => true);
  if ('reason' in days) return days;
  return 'reason' in range ? range : { days, ...range };
}

/** `mon..fri,sun`; `fri..mon` includes Saturday and Sunday. @param time what follows, where that is a time */
function parseDays(text: string, time: string | undefined): boolean[] | Refusal {
  const days = names.map(() => false);
  for (const part of text.toLowerCase().split(',')) {
    const ends = part.split('..').map(parseDay);
    const odd = part.split('..').find((_, index) => ends[index] === undefined);
    if (odd !== undefined) return refuseDay(odd, text, time);
    const [from = 0, to = from, more] = ends;
    if (more !== undefined) return { reason: `has more than two ends in "${part}"`, hint: examples };
    for (let day = from; ; day = (day + 1) % 7) {
      days[day] = true;
      if (day === to) break;
    }
  }
  return days;
}

function parseDay(word: string): number | undefined {
  const index = word.length === 3 ? short.indexOf(word) : names.indexOf(word);
  return index < 0 ? undefined : index;
}

function refuseDay(word: string, all: string, time: string | undefined): Refusal {
  const [, from = '', to = ''] = /^([a-z]+)-([a-z]+)$/.exec(word) ?? [];
  if (parseDay(from) !== undefined && parseDay(to) !== undefined) {
    const reason = 'is not days and a time';
    if (time === undefined) return { reason, hint: examples };
    const meant = `${all.replace(word, `${from}..${to}`)} ${time}`.trimEnd();
    return { reason: `${reason} (did you mean "${meant}"?)` };
  }
  const meant = nearest(word, [...names, ...short]);
  const suggestion = meant === undefined ? '' : ` (did you mean "${meant.slice(0, 3)}"?)`;
  return {
    reason: `has "${word}" where a day should be${suggestion}`,
    hint: `days are ${short.join(', ')}; ${examples}`,
  };
}

/** `08:00-18:00` */
function parseTimes(text: string): { from: number; to: number } | Refusal {
  const ends = text.split('-').map(parseTime);
  const [from, to] = ends;
  if (ends.length !== 2 || from === undefined || to === undefined) {
    return {
      reason: `has "${text}" where a time should be`,
      hint: 'a time is from 00:00 to 24:00 with a minus sign between: "08:00-18:00"',
    };
  }
  if (from === to)
    return { reason: 'begins and ends at one time', hint: 'for the whole day leave the time out' };
  if (from === wholeDay) return { reason: 'begins at 24:00', hint: 'the next day begins at 00:00' };
  return { from, to };
}

function parseTime(text: string): number | undefined {
  const [, hours, minutes] = /^(\d\d?):(\d\d)$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && minute <= wholeDay ? minute : undefined;
}

/** Whether a local time is within it. */
export function covers({ days, from, to }: DaysAndTimes, { weekday, minute }: Wall): boolean {
  const isOn = (day: number) => days[day] === true;
  if (from < to) return isOn(weekday) && minute >= from && minute < to;
  return (isOn(weekday) && minute >= from) || (isOn((weekday + 6) % 7) && minute < to);
}

/** `mon..fri 08:00-18:00`; parseDaysAndTimes reads it back. */
export function formatDaysAndTimes({ days, from, to }: DaysAndTimes): string {
  const day = formatDays(days);
  const isWhole = from === 0 && to === wholeDay;
  return [day, isWhole ? '' : `${clock(from)}-${clock(to)}`].filter(Boolean).join(' ') || 'mon..sun';
}

function formatDays(days: boolean[]): string {
  if (days.every(Boolean)) return '';
  const runs: string[] = [];
  for (let day = 0; day < 7; day += 1) {
    if (!days[day]) continue;
    const end = days.indexOf(false, day);
    const last = (end < 0 ? 7 : end) - 1;
    runs.push(last - day > 1 ? `${short[day]}..${short[last]}` : short.slice(day, last + 1).join(','));
    day = last;
  }
  return runs.join(',');
}

function clock(minute: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
