// What of a class is otherwise now than on other days: what every view marks, so that nobody takes it for what is written.
import { type Both, both, directions } from '../../units/units.ts';
import type { ForNow, Step } from './moment.ts';

/** In bits per second, before the guarantees of several are scaled to what there is. */
export interface Compared {
  value: number;
  /** The same by every day's configuration. */
  usual: number;
  /** The last of its own. */
  step?: Step;
}

export interface ForNowValues {
  rate?: ForNow;
  ceil?: ForNow;
}

/** @returns nothing in it where all is as on other days */
export function forNowOf(ceil: Both<Compared>, rate: Both<Compared> = ceil): { forNow?: Both<ForNowValues> } {
  const forNow = both((direction): ForNowValues => {
    const ceiling = differing(ceil[direction]);
    const guarantee = rate === ceil ? undefined : differing(rate[direction], ceiling);
    return { ...(guarantee ? { rate: guarantee } : {}), ...(ceiling ? { ceil: ceiling } : {}) };
  });
  return directions.some((direction) => Object.keys(forNow[direction]).length > 0) ? { forNow } : {};
}

/** @param above what may have cut it, where its own step did not make it so */
function differing({ value, usual, step }: Compared, above?: Step): ForNow | undefined {
  const reason = step?.to === value ? step : (above ?? step);
  return reason && value !== usual ? { ...reason, usual } : undefined;
}
