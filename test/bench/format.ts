// Figures as people read them: three digits that count, and the prefix that fits.
import type { Row, Unit } from './section.ts';

type Scale = [least: number, divisor: number, suffix: string][];

const scales: Partial<Record<Unit, Scale>> = {
  s: [
    [10, 1, ' s'],
    [1, 1, ' s'],
    [1e-3, 1e-3, ' ms'],
    [1e-6, 1e-6, ' µs'],
    [0, 1e-9, ' ns'],
  ],
  bytes: [
    [1e6, 1e6, ' MB'],
    [0, 1e3, ' kB'],
  ],
  'bit/s': [
    [1e9, 1e9, ' gbit'],
    [1e6, 1e6, ' mbit'],
    [0, 1e3, ' kbit'],
  ],
};

const suffixes: Partial<Record<Unit, string>> = { 'packets/s': '/s' };

export function format(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return '0';
  const found = scales[unit]?.find(([least]) => Math.abs(value) >= least);
  if (!found) return `${digits(value, unit)}${suffixes[unit] ?? ''}`;
  const [, divisor, suffix] = found;
  return `${threeDigits(value / divisor)}${suffix}`;
}

/** A round value: without zeros that say nothing. */
export function formatTick(value: number, unit: Unit): string {
  return format(value, unit).replace(/\.(\d*?)0+(?!\d)/, (_, rest: string) => (rest ? `.${rest}` : ''));
}

function digits(value: number, unit: Unit): string {
  if (unit === 'x') return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
  return Math.round(value).toLocaleString('en-US');
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** A ratio, or the figure itself where there is none to compare with; then from where to where it went. */
export function formatResult({ ours, ratio, unit, spread: [low, high] }: Row): string {
  const show = (value: number) => (ratio === undefined ? format(value, unit) : precise(value));
  const middle = show(ratio ?? ours);
  return show(low) === show(high) ? middle : `${middle} (${show(low)} to ${show(high)})`;
}

export function formatTarget({ target, ratio, unit }: Row): string {
  if (!target) return '';
  const show = (value: number) => (ratio === undefined ? format(value, unit) : String(value));
  const { least, most } = target;
  if (least !== undefined && most !== undefined) return `${show(least)} to ${show(most)}`;
  return least === undefined ? `at most ${show(most ?? Infinity)}` : `at least ${show(least)}`;
}

/** Near 1 a percent counts. */
function precise(ratio: number): string {
  return ratio > 0.5 && ratio < 2 ? ratio.toFixed(3) : format(ratio, 'x');
}
