// Wall-clock time: a moment in the host's time zone, and the next moment at which a value that depends on it changes. The
// zone is the process's (TZ, else /etc/localtime). Where the zone's offset changes, an hour is skipped or comes twice; the
// local time decides, always.

/** Local time. Weekday 0 is Monday. */
export interface Wall {
  weekday: number;
  /** Minute of the day, from 0. */
  minute: number;
}

/** Milliseconds; dayLong is that of a day on which no offset changes. */
const minuteLong = 60_000;
const dayLong = 24 * 60 * minuteLong;

/** @param now milliseconds since 1970, like every moment here */
export function wallOf(now: number): Wall {
  const date = new Date(now);
  return { weekday: (date.getDay() + 6) % 7, minute: date.getHours() * 60 + date.getMinutes() };
}

/**
 * The next moment at which `state` differs from what it is at `now`. It may change at midnight, where the zone's offset
 * changes, and at `minutes`, never in between.
 * @param minutes of the day
 * @param until the end of the search
 * @returns undefined where nothing changes before `until`
 */
export function nextChange(
  state: (wall: Wall) => unknown,
  minutes: Iterable<number>,
  now: number,
  until: number,
): number | undefined {
  const before = state(wallOf(now));
  const marks = [...new Set([0, ...minutes])].sort((a, b) => a - b);
  for (let from = now; from < until; ) {
    const to = endOfStretch(from);
    const found = [...marksBetween(from, to, marks), to].find((one) => state(wallOf(one)) !== before);
    if (found !== undefined) return found < until ? found : undefined;
    from = to;
  }
  return undefined;
}

/** The end of the span from `from` in which the zone's offset does not change; at most a day later. */
function endOfStretch(from: number): number {
  const offset = offsetAt(from);
  let [same, other] = [from, from + dayLong];
  if (offsetAt(other) === offset) return other;
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (offsetAt(middle) === offset) same = middle;
    else other = middle;
  }
  return other;
}

/** The moments of `marks`, minutes of the day, after `from` and before `to`, in order; the offset is the same throughout. */
function marksBetween(from: number, to: number, marks: number[]): number[] {
  const offset = offsetAt(from);
  const midnight = Math.floor((from - offset) / dayLong) * dayLong + offset;
  return [midnight, midnight + dayLong].flatMap((day) =>
    marks.map((minute) => day + minute * minuteLong).filter((one) => one > from && one < to),
  );
}

/** Milliseconds to add to local time for UTC. */
function offsetAt(moment: number): number {
  return new Date(moment).getTimezoneOffset() * minuteLong;
}
