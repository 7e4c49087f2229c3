// Volumes of traffic. Units are powers of 1000, as volumes are sold and disks are labelled; tib and the like are powers of
// 1024.
import { correctQuantity, formatQuantity, parseQuantity, type Units } from './quantity.ts';
import type { Refusal } from './rate.ts';

const letters = ['k', 'm', 'g', 't', 'p'];

/** Bytes in each unit. */
const units: Units = new Map([
  ['', 1],
  ['b', 1],
  ...letters.map((letter, index) => [`${letter}b`, 1000 ** (index + 1)] as const),
  ...letters.map((letter, index) => [`${letter}ib`, 1024 ** (index + 1)] as const),
]);

const examples = 'volumes look like "500gb", "2tb" or "1.5tib"';

/** @returns whole bytes, from 1 to 2^53 - 1 */
export function parseVolume(written: string | number | bigint): number | Refusal {
  const text = String(written);
  const bytes = parseQuantity(text, units);
  if (bytes === undefined) {
    const meant = correctQuantity(text, units);
    return meant === undefined
      ? { reason: 'is not a volume', hint: examples }
      : { reason: `is not a volume (did you mean "${meant}"?)` };
  }
  if (bytes < 0) return { reason: 'is negative', hint: examples };
  if (bytes === 0)
    return { reason: 'is nothing', hint: 'it is at least 1 byte: what holds all of the time is the ceil' };
  if (bytes > Number.MAX_SAFE_INTEGER) return { reason: 'is too much: the most is 9007 terabytes' };
  return bytes;
}

/** @returns why a valid volume is probably a mistake; undefined where it is not */
export function doubtAboutVolume(written: string, bytes: number): Required<Refusal> | undefined {
  // Nobody gives a guest less than a megabyte, but many forget the unit.
  if (bytes >= 1e6 || !/\d$/.test(written)) return undefined;
  return {
    reason: `this is ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}, almost nothing`,
    hint: `a volume without a unit counts bytes; did you mean "${bytes}gb"?`,
  };
}

/** The shortest exact notation of whole bytes. The inverse of parseVolume. */
export function formatVolume(bytes: number): string {
  return formatQuantity(bytes, [
    ['tb', 1e12],
    ['gb', 1e9],
    ['mb', 1e6],
    ['kb', 1e3],
    ['b', 1],
  ]);
}
