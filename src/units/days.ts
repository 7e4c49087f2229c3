// Calendar days and months by the host's clock and time zone. The ledger counts each byte for the day on which it was
// delivered, for good: another time zone, a clock that is set or a day of 23 hours moves no byte and counts none twice.

/** `2026-11-30`. */
export type Day = string;

/** `2026-11`. */
export type Month = string;

/** @param time milliseconds since 1970 */
export function dayOf(time: number): Day {
  const date = new Date(time);
  const pad = (value: number, width: number) => String(value).padStart(width, '0');
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
}

export function monthOf(day: Day): Month {
  return day.slice(0, 7);
}

/** The day of the month, `30`. */
export function dateOf(day: Day): string {
  return day.slice(8);
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && addDays(text, 0) === text;
}

export function isMonth(text: string): boolean {
  return /^\d{4}-(?:0[1-9]|1[0-2])$/.test(text);
}

/** Counts by the calendar, so that no change of a time zone's offset matters. */
export function addDays(day: Day, count: number): Day {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const moved = new Date(Date.UTC(year, month - 1, date + count));
  return Number.isNaN(moved.getTime()) ? '' : moved.toISOString().slice(0, 10);
}

export function addMonths(month: Month, count: number): Month {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const moved = new Date(Date.UTC(year, number - 1 + count, 1));
  return moved.toISOString().slice(0, 7);
}

/** The number of days in a month. */
export function lengthOf(month: Month): number {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 0)).getUTCDate();
}

/** The first moment of a day, in milliseconds since 1970: midnight, or what follows where a time zone skips it. */
export function beginOf(day: Day): number {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date).getTime();
}
