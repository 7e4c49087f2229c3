// A number followed by a unit, the syntax of rates and sizes in tc(8). tc reads the number with strtod(3), which also takes
// "0x10mbit", "inf" and leading blanks; those are refused here, because in a configuration they are mistakes.
import { nearest } from './nearest.ts';

/** Unit in lower case -> its factor. The empty name is that of a number without a unit. */
export type Units = ReadonlyMap<string, number>;

const quantity = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)([a-z]*)$/i;

/** @returns the whole number that tc makes of `text` (it truncates, never rounds); undefined when it is no quantity */
export function parseQuantity(text: string, units: Units): number | undefined {
  const [, number, unit] = quantity.exec(text) ?? [];
  const worth = unit === undefined ? undefined : units.get(unit.toLowerCase());
  if (number === undefined || worth === undefined) return undefined;
  return Math.trunc(Number(number) * worth);
}

/** @returns the probable meaning of a text that is no quantity ("15 mbit", "1,5gbit", "15mbitt"); else undefined */
export function correctQuantity(text: string, units: Units): string | undefined {
  const [, number, unit] = /^([\d.,]+)\s*([a-z/]*)$/i.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const meant = units.has(unit.toLowerCase()) ? unit : nearestUnit(unit, units);
  const corrected = `${number.replace(',', '.')}${meant}`;
  return parseQuantity(corrected, units) === undefined ? undefined : corrected;
}

/** "megabytes" and "MB" stay bytes; "10m" and "10mb" mean "10mbit"; otherwise the unit with the most similar spelling. */
function nearestUnit(written: string, units: Units): string | undefined {
  const unit = written.toLowerCase();
  const bytes = written.replace(/(?:B|bytes?)(?:\/s)?$/, '').toLowerCase();
  const spelt = bytes === unit ? [`${unit.replace(/b$/, '')}bit`] : [`${bytes}bps`, `${bytes}b`];
  return spelt.find((name) => units.has(name)) ?? nearest(unit, units.keys());
}

/** `value` in the first of the units (largest first) that divides it without a remainder. */
export function formatQuantity(
  value: number,
  units: readonly (readonly [name: string, worth: number])[],
): string {
  for (const [name, worth] of units) {
    if (value >= worth && value % worth === 0) return `${value / worth}${name}`;
  }
  return String(value);
}
