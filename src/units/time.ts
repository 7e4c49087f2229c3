// Times in the syntax of tc(8), except numbers without a unit: in tc those are microseconds, which nobody expects, so they
// are refused here.
import { correctQuantity, formatQuantity, parseQuantity, type Units } from './quantity.ts';
import type { Refusal } from './rate.ts';

/** Microseconds in each unit. */
const units: Units = new Map([
  ['us', 1],
  ['usec', 1],
  ['usecs', 1],
  ['ms', 1000],
  ['msec', 1000],
  ['msecs', 1000],
  ['s', 1_000_000],
  ['sec', 1_000_000],
  ['secs', 1_000_000],
]);

/** @returns whole microseconds, which may be negative */
export function parseTime(written: string | number | bigint): number | Refusal {
  const text = String(written);
  const microseconds = parseQuantity(text, units);
  if (microseconds !== undefined) return microseconds;
  if (/^[\d.]+$/.test(text)) return { reason: 'has no unit', hint: `did you mean "${text}ms"?` };
  const meant = correctQuantity(text, units);
  return meant === undefined
    ? { reason: 'is not a time', hint: 'times look like "5ms", "100us" or "1s"' }
    : { reason: `is not a time (did you mean "${meant}"?)` };
}

/** The shortest exact notation of whole microseconds. The inverse of parseTime. */
export function formatTime(microseconds: number): string {
  return formatQuantity(microseconds, [
    ['s', 1_000_000],
    ['ms', 1000],
    ['us', 1],
  ]);
}
