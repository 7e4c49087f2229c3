// A number with a unit behind it, the form that rates and sizes of tc(8) share. tc reads the number with
// strtod(3), which would also take "0x10mbit", "inf" and leading blanks; those are refused here, because in
// a configuration they are mistakes.
import { nearest } from '../system/nearest.ts';

/** Unit names in lower case, with what one of it is worth. The empty name is the number without a unit. */
export type Units = ReadonlyMap<string, number>;

const quantity = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)([a-z]*)$/i;

/** The whole number that tc would make of `text` (it cuts, never rounds), or undefined if it is none. */
export function parseQuantity(text: string, units: Units): number | undefined {
  const [, number, unit] = quantity.exec(text) ?? [];
  const worth = unit === undefined ? undefined : units.get(unit.toLowerCase());
  if (number === undefined || worth === undefined) return undefined;
  return Math.trunc(Number(number) * worth);
}

/** What was probably meant by a text that is no quantity ("15 mbit", "1,5gbit", "15mbitt"), or undefined. */
export function correctQuantity(text: string, units: Units): string | undefined {
  const [, number, unit] = /^([\d.,]+)\s*([a-z/]*)$/i.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const meant = units.has(unit.toLowerCase()) ? unit : nearestUnit(unit, units);
  const corrected = `${number.replace(',', '.')}${meant}`;
  return parseQuantity(corrected, units) === undefined ? undefined : corrected;
}

/** Bytes that are spelt out, or "MB", stay bytes; "10m" and "10mb" mean "10mbit"; else the letters decide. */
function nearestUnit(written: string, units: Units): string | undefined {
  const unit = written.toLowerCase();
  const bytes = written.replace(/(?:B|bytes?)(?:\/s)?$/, '').toLowerCase();
  const spelt = bytes === unit ? [`${unit.replace(/b$/, '')}bit`] : [`${bytes}bps`, `${bytes}b`];
  return spelt.find((name) => units.has(name)) ?? nearest(unit, units.keys());
}

/** `value` in the first of the units (largest first) that divides it exactly. */
export function formatQuantity(
  value: number,
  units: readonly (readonly [name: string, worth: number])[],
): string {
  for (const [name, worth] of units) {
    if (value >= worth && value % worth === 0) return `${value / worth}${name}`;
  }
  return String(value);
}
