// Limits per NIC -> the limits of a guest: one ceil and one guarantee for all of its NICs on an uplink. No guest gets less than
// before; where that cannot be kept, a warning says so.
import { formatRate } from '../units/rate.ts';
import { type Both, type Direction, directions } from '../units/units.ts';
import { type Notes, quotation } from './notes.ts';
import type { ImportedGuest } from './to-toml.ts';

/** Bits per second; absent: no limit, or no guarantee. */
export type Rates = Partial<Both<number>>;

export interface LimitedNic {
  /** The name in messages: `vnet0`, `net1`. */
  name: string;
  offset: number;
  /** The bridge or network that decides its uplink: NICs of a guest with the same one share a class. */
  bridge: string;
  /** Whether it is on a libvirt network that the host routes, judged by the network's name; absent: it is not. */
  routed?: true;
  ceil: Rates;
  rate: Rates;
}

export interface LimitedGuest {
  name: string;
  /** The file and line it came from, for a comment in the TOML. */
  from: string;
  offset: number;
  nics: LimitedNic[];
}

interface Remark {
  severity: 'error' | 'warning';
  offset: number;
  /** A message with `%` in place of the direction. */
  message: string;
  hint?: string;
}

type Say = (remark: Remark) => undefined;

/** The built-in ceil of a guest whose entry has none. */
const defaultCeil = 1e9;

const onUplinks = 'write [guest.NAME.on.UPLINK] for each of its uplinks, with the ceil it shall have there';

/** @returns nothing for a guest whose NICs have no limit that can be converted */
export function settleLimits(guest: LimitedGuest, notes: Notes): ImportedGuest | undefined {
  const remarks: (Remark & { way: Direction })[] = [];
  const ceil: Rates = {};
  const rate: Rates = {};
  for (const way of directions) {
    const say: Say = (remark) => void remarks.push({ ...remark, way });
    const least = highest(onBridges(guest).map((nics) => sum(nics, 'rate', way)));
    // A guarantee above the default ceil needs a ceil of its own.
    const most = settleCeil(guest, way, say) ?? (least > defaultCeil ? least : undefined);
    if (most !== undefined) ceil[way] = most;
    if (least > 0) rate[way] = lowered(least, most ?? defaultCeil, guest, say);
  }
  sayOnce(remarks, notes);
  const written = { ...(hasAny(rate) ? { rate } : {}), ...(hasAny(ceil) ? { ceil } : {}) };
  if (!hasAny(written)) return undefined;
  return { name: guest.name, from: guest.from, ...written, on: new Map() };
}

const hasAny = (record: object) => Object.keys(record).length > 0;

function lowered(rate: number, ceil: number, { name, offset }: LimitedGuest, say: Say): number {
  if (rate <= ceil) return rate;
  const message = `the guarantee of ${quotation(name)} (%) is lowered to its ceil, ${formatRate(ceil)}`;
  say({ severity: 'warning', offset, message });
  return ceil;
}

function settleCeil(guest: LimitedGuest, way: Direction, say: Say): number | undefined {
  const bridges = onBridges(guest).map((nics) => ({ nics, ceil: sumOfCeils(nics, way, say) }));
  const limited = bridges.filter(({ ceil }) => ceil !== undefined);
  const [first] = limited;
  if (!first) return undefined;
  const most = highest(limited.flatMap(({ ceil }) => ceil ?? []));
  const none = bridges.filter(({ ceil }) => ceil === undefined);
  // Routed NICs whose bridge no uplink lists under "routed" belong to no uplink.
  const open = none.find(({ nics }) => !nics.every(({ routed }) => routed));
  const behind = none.flatMap(({ nics }) => nics);
  const offset = first.nics[0]?.offset ?? guest.offset;
  if (open) {
    const message = `the limit of ${names(first.nics)} (%) is not taken over: ${names(open.nics)} on another bridge has none`;
    return say({ severity: 'error', offset, message, hint: onUplinks });
  }
  if (behind.length > 0) {
    const message = `${names(behind)} without a limit (%) is routed by the host: shaped, and under this ceil too, only where "routed" names its bridge`;
    say({ severity: 'warning', offset, message, hint: onUplinks });
  }
  if (limited.some(({ ceil }) => ceil !== most)) {
    const message =
      `the NICs of ${quotation(guest.name)} have different limits on different bridges (%): ` +
      `the highest, ${formatRate(most)}, is taken for all`;
    say({ severity: 'warning', offset, message, hint: onUplinks });
  }
  return most;
}

/** The sum of the limits of NICs that share a class. */
function sumOfCeils(nics: LimitedNic[], way: Direction, say: Say): number | undefined {
  const limited = nics.filter(({ ceil }) => ceil[way] !== undefined);
  const [first, second] = limited;
  if (!first) return undefined;
  const { offset } = first;
  const open = nics.find(({ ceil }) => ceil[way] === undefined);
  if (open) {
    const message = `the limit of ${first.name} (%) is not taken over: ${open.name} on the same bridge has none`;
    const hint = 'a guest has one ceil for all of its NICs on an uplink';
    return say({ severity: 'error', offset, message, hint });
  }
  const total = sum(limited, 'ceil', way);
  if (second) {
    const message = `${names(limited)} share one ceil (%), the sum of their limits: ${formatRate(total)}`;
    say({ severity: 'warning', offset, message });
  }
  return total;
}

/** Merges remarks that are the same in both directions into one. */
function sayOnce(remarks: (Remark & { way: Direction })[], notes: Notes): void {
  const ways = new Map<string, { remark: Remark; ways: Direction[] }>();
  for (const { way, ...remark } of remarks) {
    const known = ways.get(remark.message) ?? { remark, ways: [] };
    known.ways.push(way);
    ways.set(remark.message, known);
  }
  for (const { remark, ways: some } of ways.values()) {
    const { severity, offset, message, hint } = remark;
    notes[severity](offset, message.replace('(%)', `(${some.join(' and ')})`), hint);
  }
}

function onBridges({ nics }: LimitedGuest): LimitedNic[][] {
  const bridges = new Map<string, LimitedNic[]>();
  for (const nic of nics) {
    const others = bridges.get(nic.bridge);
    if (others) others.push(nic);
    else bridges.set(nic.bridge, [nic]);
  }
  return [...bridges.values()];
}

function names(nics: LimitedNic[]): string {
  const shown = nics.slice(0, 4).map(({ name }) => name);
  return `${shown.join(' and ')}${nics.length > 4 ? ' and others' : ''}`;
}

/** @returns the sum of the rates, capped at the largest valid one in whole bytes per second */
function sum(nics: LimitedNic[], key: 'ceil' | 'rate', way: Direction): number {
  const total = nics.reduce((before, nic) => before + (nic[key][way] ?? 0), 0);
  return Math.min(2 ** 53 - 8, total);
}

function highest(rates: number[]): number {
  return rates.reduce((a, b) => Math.max(a, b), 0);
}
