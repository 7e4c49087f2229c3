// Other time zones than this machine's, and what their clocks say by another way than the program's.

/** As TZ takes them; with summer time of an hour and of half an hour, at other offsets than whole hours, and none. */
export const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'UTC',
  'Asia/Kathmandu',
  // Here midnight is skipped, and here it comes twice.
  'Africa/Cairo',
  'America/Havana',
];

/** With the process in that zone. */
export function inZone<T>(zone: string, work: () => T): T {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** A clock of that zone, by Intl. @returns of a moment: year, month, day, weekday (0 is Monday) and minute of the day */
export function clockOf(zone: string): (moment: number) => {
  year: number;
  month: number;
  day: number;
  weekday: number;
  minute: number;
} {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (moment) => {
    const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, value]));
    const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    return {
      year: number('year'),
      month: number('month'),
      day: number('day'),
      weekday: weekdays.indexOf(parts.get('weekday') ?? ''),
      minute: number('hour') * 60 + number('minute'),
    };
  };
}
