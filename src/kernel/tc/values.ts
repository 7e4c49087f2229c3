// What a number means in tc's own text, and when two of them are the same one. tc prints fewer digits than
// it was given: rates to the thousand, bursts in whole microseconds of the class's rate.
import { formatRate, parseRate, parseSize } from '../../units/rate.ts';
import type { TcObject, Values } from '../objects.ts';

type Unit = 'rate' | 'size' | 'count' | 'hex' | 'time';

/** Every option that virt-shaper can load and read back, by kind of qdisc. */
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

/** Of a class whose line says nothing, as those of older versions do not; tc shows no overhead that is 0. */
export function uncounted({ mpu = 0, overhead = 0 }: Values): Values {
  return { mpu, overhead };
}

export function isKnownKind(kind: string): boolean {
  return Object.hasOwn(units, kind);
}

export function optionNames(kind: string): string[] {
  return Object.keys(units[kind] ?? {});
}

/** @returns nothing when the option is not known or the text is no value of it */
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

/** As `parseValue` takes it. @returns nothing when the option is not known */
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

/** Microseconds. */
function parseTime(text: string): number | undefined {
  const [, digits, unit] = text.match(/^([\d.]+)(us|ms|s|)$/) ?? [];
  const factor = { us: 1, ms: 1000, s: 1_000_000, '': 1 }[unit ?? ''];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** Whether a queue has to be made anew for this option: no kernel changes an sfq, none the flows of fq_codel. */
export function isFixed(kind: string, option: string): boolean {
  return (
    option === 'kind' || option === 'handle' || kind === 'sfq' || (kind === 'fq_codel' && option === 'flows')
  );
}

/** Options of `wanted` that the kernel holds otherwise. An option it does not show is taken as it is. */
export function differingOptions(wanted: TcObject, held: TcObject): string[] {
  const differing: string[] = [];
  // As often as there are guests, so without lists of names in between.
  for (const option in unset) {
    if (option in held.values && !(option in wanted.values)) differing.push(option);
  }
  for (const option in wanted.values) {
    if (isOtherwise(option, wanted, held)) differing.push(option);
  }
  return differing;
}

/** What tc shows of whatever has it: a version that prints it in other words is not believed. */
const always = ['match', 'to', 'kind', 'rate', 'ceil'];

/** What a class of ours never has; seen in the kernel only where somebody set it by hand. */
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
      return Math.abs(want - have) <= 2; // CoDel counts in 1,024 ns.
    default:
      return want === have;
  }
}

/**
 * Bits per second as tc (iproute2 before 6.14) prints them: print_rate() of tc/tc_util.c. The kernel counts
 * whole bytes per second.
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
