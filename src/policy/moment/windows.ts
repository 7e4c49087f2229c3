// The time window of a list that holds at a moment, and until when. Cached, since it is asked for each value of each guest,
// and hundreds of guests may share a list.
import type { Window } from '../../config/config.ts';
import { covers } from '../../units/days-and-times.ts';
import { nextChange, type Wall, wallOf } from '../../units/wall.ts';

export interface Holding {
  /** The first window that holds. */
  window?: Window;
  /** When that changes, in milliseconds since 1970; absent where it does not within a fortnight. */
  until?: number;
}

/** A fortnight: in one week a change to summer time may skip the only occurrence of a window. */
const fortnight = 14 * 24 * 3600_000;

const known = new WeakMap<Window[], { now: number; holding: Holding }>();

/** @param now milliseconds since 1970 */
export function holdingAt(windows: Window[], now: number): Holding {
  const last = known.get(windows);
  if (last?.now === now) return last.holding;
  const at = (wall: Wall) => windows.find(({ times }) => times.some((time) => covers(time, wall)));
  const minutes = windows.flatMap(({ times }) => times.flatMap(({ from, to }) => [from, to]));
  const window = at(wallOf(now));
  const until = nextChange(at, minutes, now, now + fortnight);
  const holding = { ...(window ? { window } : {}), ...(until === undefined ? {} : { until }) };
  known.set(windows, { now, holding });
  return holding;
}
