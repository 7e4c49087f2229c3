// The clock on the wall: a moment as the host's time zone has it, and when something that goes by it changes next. The
// zone is the process's (TZ, else /etc/localtime). Where a zone's offset jumps an hour is skipped or comes twice, and
// what the clock says counts, always.

/** 0 is Monday. */
export interface Wall {
  weekday: number;
  /** Of the day, from 0. */
  minute: number;
}

/** Milliseconds; of a day on which no offset changes. */
const minuteLong = 60_000;
const dayLong = 24 * 60 * minuteLong;

/** @param now milliseconds since 1970, like every moment here */
export function wallOf(now: number): Wall {
  const date = new Date(now);
  return { weekday: (date.getDay() + 6) % 7, minute: date.getHours() * 60 + date.getMinutes() };
}

/**
 * The next moment at which `state` says something else than at `now`. Weekdays change at midnight and offsets when the
 * zone says so; else nothing changes but at `minutes`.
 * @param minutes of the day
 * @param until where the search ends
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

/** At most a day later; before that the zone has one offset. */
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

/** Where the offset is one: moments after `from` and before `to`, in order. */
function marksBetween(from: number, to: number, marks: number[]): number[] {
  const offset = offsetAt(from);
  const midnight = Math.floor((from - offset) / dayLong) * dayLong + offset;
  return [midnight, midnight + dayLong].flatMap((day) =>
    marks.map((minute) => day + minute * minuteLong).filter((one) => one > from && one < to),
  );
}

/** Milliseconds to be added to the wall's time for UTC. */
function offsetAt(moment: number): number {
  return new Date(moment).getTimezoneOffset() * minuteLong;
}
