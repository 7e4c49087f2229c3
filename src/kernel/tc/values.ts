// Parses, prints and compares the numbers of tc's options. tc prints fewer digits than it was given: rates in thousands, and
// bursts in whole microseconds of the class's rate.
import { formatRate, parseRate, parseSize } from '../../units/rate.ts';
import type { TcObject, Values } from '../objects.ts';

type Unit = 'rate' | 'size' | 'count' | 'hex' | 'time';

/** Kind of qdisc -> all of its options that virt-shaper can load and read back. */
const units: Record<string, Record<string, Unit>> = {
  htb: {
    default: 'hex',
    r2q: 'count',
    rate: 'rate',
    ceil: 'rate',
    burst: 'size',
    cburst: 'size',
    quantum: 'size',
    mpu: 'size',
    overhead: 'count',
  },
  bfifo: { limit: 'size' },
  fq_codel: {
    limit: 'count',
    flows: 'count',
    quantum: 'count',
    target: 'time',
    interval: 'time',
    memory_limit: 'size',
  },
  sfq: { limit: 'count', flows: 'count', depth: 'count', quantum: 'count', perturb: 'count' },
  cake: { rtt: 'time', memlimit: 'size' },
  clsact: {},
};

/** Adds mpu and overhead where they are 0: older versions did not write them, and tc prints no overhead of 0. */
export function uncounted({ mpu = 0, overhead = 0 }: Values): Values {
  return { mpu, overhead };
}

export function isKnownKind(kind: string): boolean {
  return Object.hasOwn(units, kind);
}

export function optionNames(kind: string): string[] {
  return Object.keys(units[kind] ?? {});
}

/** @returns undefined when the option is unknown or the text is no value of it */
export function parseValue(kind: string, option: string, text: string): number | undefined {
  switch (units[kind]?.[option]) {
    case 'rate':
      return numeric(parseRate(text));
    case 'size':
      return numeric(parseSize(text));
    case 'count':
      return /^\d+$/.test(text) ? Number(text) : undefined;
    case 'hex':
      return numeric(Number.parseInt(text, 16));
    case 'time':
      return parseTime(text);
    default:
      return undefined;
  }
}

/** The inverse of `parseValue`. @returns undefined when the option is unknown */
export function formatValue(kind: string, option: string, value: string | number): string | undefined {
  switch (units[kind]?.[option]) {
    case undefined:
      return undefined;
    case 'rate':
      return formatRate(Number(value));
    case 'hex':
      return Number(value).toString(16);
    case 'time':
      return `${value}us`;
    default:
      return String(value);
  }
}

function numeric(value: unknown): number | undefined {
  return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
}

/** @returns microseconds */
function parseTime(text: string): number | undefined {
  const [, digits, unit] = text.match(/^([\d.]+)(us|ms|s|)$/) ?? [];
  const factor = { us: 1, ms: 1000, s: 1_000_000, '': 1 }[unit ?? ''];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** Whether a qdisc has to be made again for a change of this option: no kernel changes an sfq, or the flows of fq_codel. */
export function isFixed(kind: string, option: string): boolean {
  return (
    option === 'kind' || option === 'handle' || kind === 'sfq' || (kind === 'fq_codel' && option === 'flows')
  );
}

/** The options that differ between `wanted` and the kernel's object. One that tc does not print counts as equal. */
export function differingOptions(wanted: TcObject, held: TcObject): string[] {
  const differing: string[] = [];
  // Called for each object of thousands, so that no arrays of names are made.
  for (const option in unset) {
    if (option in held.values && !(option in wanted.values)) differing.push(option);
  }
  for (const option in wanted.values) {
    if (isOtherwise(option, wanted, held)) differing.push(option);
  }
  return differing;
}

/**
 * Options that tc always prints. Where one is missing, this version prints it in another form, so it counts as different.
 */
const always = ['match', 'to', 'kind', 'rate', 'ceil'];

/**
 * Options that our classes never have, with their defaults: the kernel shows them only where somebody has set them by hand.
 */
export const unset: Record<string, string> = { prio: '0', linklayer: 'ethernet' };

function isOtherwise(option: string, wanted: TcObject, held: TcObject): boolean {
  const want = wanted.values[option];
  const have = held.values[option];
  if (have === undefined) return always.includes(option);
  if (typeof want !== 'number' || typeof have !== 'number') return want !== have;
  return !sameNumber(option, want, have, wanted);
}

function sameNumber(option: string, want: number, have: number, object: TcObject): boolean {
  switch (option) {
    case 'rate':
    case 'ceil':
      return shownRate(want) === shownRate(have);
    case 'burst':
    case 'cburst': {
      const bits = Number(object.values[option === 'burst' ? 'rate' : 'ceil']);
      const microsecond = bits / 8 / 1_000_000;
      const printed = want > 1023 * 1024 ? 1024 : 16;
      return Math.abs(want - have) <= 3 * microsecond + printed;
    }
    case 'target':
    case 'interval':
      return Math.abs(want - have) <= 2; // CoDel counts in units of 1,024 ns.
    default:
      return want === have;
  }
}

/**
 * The rate that tc prints for a rate, both in bits per second, as print_rate() of tc/tc_util.c in iproute2 before 6.14
 * does. The kernel counts whole bytes per second.
 */
export function shownRate(bits: number): number {
  let shown = Math.floor(bits / 8) * 8;
  let unit = 1;
  while (shown >= 1000 && unit < 1e12 && (shown % 1000 === 0 || shown >= 1_000_000)) {
    shown = Math.floor(shown / 1000);
    unit *= 1000;
  }
  return shown * unit;
}
