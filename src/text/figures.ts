// Figures for people: what was configured as it was written, what was measured with three significant digits.
import { formatRate } from '../units/rate.ts';

/** The share of its ceil from which a class counts as being at it: HTB lets through slightly less than the ceil. */
export const atCeil = 0.97;

/** Bits per second: `0`, `412bit`, `9.53mbit`, `28.7mbit`, `1.02gbit`. */
export function formatSpeed(bits: number): string {
  return withUnit(bits, ['bit', 'kbit', 'mbit', 'gbit', 'tbit']);
}

/** A configured rate, or the rest of one: exact where that is short, else as formatSpeed. */
export function formatSet(bits: number): string {
  const exact = formatRate(bits);
  return exact.length <= 8 ? exact : formatSpeed(bits);
}

/** `0`, `740B`, `31.7kB`. */
export function formatBytes(bytes: number): string {
  return withUnit(bytes, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);
}

/** `999999`, then `1.00M`. */
export function formatCount(count: number): string {
  return count < 1_000_000 ? String(count) : withUnit(count, ['', 'k', 'M', 'G', 'T']);
}

/** `4 min ago`. @param since milliseconds that have passed; negative where the clock was set back */
export function formatAge(since: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const seconds = Math.trunc(since / 1000);
  if (seconds < 0) return `in ${-seconds} s, by a clock that was set back`;
  const [name, worth] = units.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${Math.floor(seconds / worth)} ${name} ago`;
}

/** @param share 1 is all of it */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.005) return '< 1 %';
  return `${Math.round(share * 100)} %`;
}

function withUnit(value: number, units: string[]): string {
  let scaled = value;
  let unit = 0;
  while (unit < units.length - 1 && Number(scaled.toPrecision(3)) >= 1000) {
    scaled /= 1000;
    unit += 1;
  }
  if (Math.round(value) === 0) return '0';
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)}${units[unit]}`;
}
