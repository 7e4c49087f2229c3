// Rates and sizes in the syntax of tc(8). The arithmetic is tc's own (iproute2 lib/utils_math.c: a C double times the unit,
// truncated), so that a value checked here is the value that the kernel gets; the test compares with the real tc. In tc
// units of rate that end in "bps" mean *bytes* per second, and case does not matter.
import { correctQuantity, formatQuantity, parseQuantity, type Units } from './quantity.ts';

/** Why a text is no rate or size. `reason` follows the text in a message. */
export interface Refusal {
  reason: string;
  hint?: string;
}

/** Bits per second in each unit of rate. */
const rateUnits: Units = new Map([
  ['', 1],
  ['bit', 1],
  ['kbit', 1e3],
  ['mbit', 1e6],
  ['gbit', 1e9],
  ['tbit', 1e12],
  ['kibit', 2 ** 10],
  ['mibit', 2 ** 20],
  ['gibit', 2 ** 30],
  ['tibit', 2 ** 40],
  ['bps', 8],
  ['kbps', 8e3],
  ['mbps', 8e6],
  ['gbps', 8e9],
  ['tbps', 8e12],
  ['kibps', 8 * 2 ** 10],
  ['mibps', 8 * 2 ** 20],
  ['gibps', 8 * 2 ** 30],
  ['tibps', 8 * 2 ** 40],
]);

/** Bytes in each unit of size: for sizes tc counts in powers of 1024, also in its units of bits. */
const sizeUnits: Units = new Map([
  ['', 1],
  ['b', 1],
  ['k', 2 ** 10],
  ['kb', 2 ** 10],
  ['m', 2 ** 20],
  ['mb', 2 ** 20],
  ['g', 2 ** 30],
  ['gb', 2 ** 30],
  ['kbit', 2 ** 7],
  ['mbit', 2 ** 17],
  ['gbit', 2 ** 27],
]);

/** Bits per second. tc truncates to whole bytes per second, and HTB refuses zero. */
const leastRate = 8;
/** tc stores sizes in 32 bits. */
const largestSize = 2 ** 32 - 1;

/** A rate that is written in bytes per second, and the one with the same number in bits. */
interface InBytes {
  /** `megabytes`. */
  unit: string;
  /** `100mbit`. */
  inBits: string;
}

/** Many write "100Mbps" and mean bits, as invoices do. @returns undefined for a rate in bits, or no rate */
function writtenInBytes(text: string): InBytes | undefined {
  const [, number, prefix] = /^([\d.]+)([kmgt]?i?)bps$/i.exec(text) ?? [];
  if (number === undefined || prefix === undefined || typeof parseRate(text) !== 'number') return undefined;
  const names: Record<string, string> = { '': '', k: 'kilo', m: 'mega', g: 'giga', t: 'tera' };
  return {
    unit: `${names[prefix.charAt(0).toLowerCase()]}bytes`,
    inBits: `${number}${prefix.toLowerCase()}bit`,
  };
}

/** @returns why a valid rate is probably a mistake; undefined where it is not */
export function doubtAbout(written: string, bits: number): Required<Refusal> | undefined {
  const inBytes = writtenInBytes(written);
  const same = formatRate(bits);
  if (inBytes)
    return {
      reason: `"${written}" counts ${inBytes.unit} per second, ${same}`,
      hint: `did you mean "${inBytes.inBits}"? if not, "${same}" says the same and nobody asks again`,
    };
  // Nobody gives a guest 100 bit per second, but many forget the unit.
  if (bits >= 1000 || !/\d$/.test(written)) return undefined;
  return {
    reason: `this is ${bits} bit per second, almost nothing`,
    hint: `a rate without a unit counts bits per second; did you mean "${bits}mbit"?`,
  };
}

const rateExamples =
  'rates look like "15mbit", "1.5gbit", "200kbps" (kilobytes per second) or 15000000 (bits per second)';
const sizeExamples = 'sizes look like "64k", "16kb" or 1500 (bytes)';

/** @param written a tc(8) rate, or bits per second @returns whole bits per second, from 8 to 2^53 - 1 */
export function parseRate(written: string | number | bigint): number | Refusal {
  const text = String(written);
  if (text.trimEnd().endsWith('%')) {
    return {
      reason: 'is a percentage: virt-shaper takes rates only',
      hint: 'write the rate itself, for example "100mbit"',
    };
  }
  const bits = parseQuantity(text, rateUnits);
  if (bits === undefined) {
    const meant = correctQuantity(text, rateUnits);
    const taken = meant === undefined ? undefined : parseRate(meant);
    // Nothing is proposed that is refused, too.
    if (meant === undefined || typeof taken !== 'number')
      return refuse('is not a rate', undefined, rateExamples);
    return refuse('is not a rate', writtenInBytes(meant) ? formatRate(taken) : meant, rateExamples);
  }
  if (bits < 0) return { reason: 'is negative: a rate is at least 8 bit per second' };
  if (bits < leastRate) return { reason: 'is too little: tc cannot express less than 8 bit per second' };
  if (bits > Number.MAX_SAFE_INTEGER)
    return { reason: 'is too much: the most is 9007199254740991 bit per second' };
  return bits;
}

/** @param written a tc(8) size, or bytes @returns whole bytes, from 1 to 2^32 - 1 */
export function parseSize(written: string | number | bigint): number | Refusal {
  const text = String(written);
  const bytes = parseQuantity(text, sizeUnits);
  if (bytes === undefined) {
    const meant = correctQuantity(text, sizeUnits);
    const isTaken = meant !== undefined && typeof parseSize(meant) === 'number';
    return refuse('is not a size', isTaken ? meant : undefined, sizeExamples);
  }
  if (bytes < 1) return { reason: 'is too little: a size is at least 1 byte' };
  if (bytes > largestSize) return { reason: 'is too much: tc takes sizes below 4 gigabytes' };
  return bytes;
}

function refuse(reason: string, meant: string | undefined, examples: string): Refusal {
  return meant === undefined
    ? { reason, hint: examples }
    : { reason: `${reason} (did you mean "${meant}"?)` };
}

/** The shortest exact decimal notation of a whole rate: 1500000 is "1500kbit". The inverse of parseRate. */
export function formatRate(bits: number): string {
  return formatQuantity(bits, [
    ['tbit', 1e12],
    ['gbit', 1e9],
    ['mbit', 1e6],
    ['kbit', 1e3],
    ['bit', 1],
  ]);
}
