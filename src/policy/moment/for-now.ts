// The values of a class that are changed for now: every view marks them, so that they are not mistaken for configured ones.
import { type Both, both, directions } from '../../units/units.ts';
import type { ForNow, MomentStep } from './moment.ts';

/** In bits per second, before oversubscribed guarantees are scaled. */
export interface Compared {
  value: number;
  /** The configured value, without any step. */
  usual: number;
  /** Its last own step. */
  step?: MomentStep;
}

export interface ForNowValues {
  rate?: ForNow;
  ceil?: ForNow;
}

/** @returns an empty object where no value is changed */
export function forNowOf(ceil: Both<Compared>, rate: Both<Compared> = ceil): { forNow?: Both<ForNowValues> } {
  const forNow = both((direction): ForNowValues => {
    const ceiling = differing(ceil[direction]);
    const guarantee = rate === ceil ? undefined : differing(rate[direction], ceiling);
    return { ...(guarantee ? { rate: guarantee } : {}), ...(ceiling ? { ceil: ceiling } : {}) };
  });
  return directions.some((direction) => Object.keys(forNow[direction]).length > 0) ? { forNow } : {};
}

/** @param above the parents that may have cut it, where it has no step of its own */
function differing({ value, usual, step }: Compared, above?: MomentStep): ForNow | undefined {
  const reason = step?.to === value ? step : (above ?? step);
  return reason && value !== usual ? { ...reason, usual } : undefined;
}
