// Bridges that differ in their rules only, side by side, and what each of them carried.
import type { Direction } from '../../../src/units/units.ts';
import { needsCommand } from '../../support/needs.ts';
import { Namespaces } from '../../support/netns.ts';
import type { Bench, Row } from '../section.ts';
import { compared, median } from '../statistics.ts';
import { type Ends, makeEnds, makePath, type Path } from './path.ts';
import { type Carried, needsCpuTimes } from './traffic.ts';

export type Traffic = `64 bytes, ${Direction}` | `TCP, ${Direction}`;

/** One kind of rules on one size of host, and what it carried, round by round. */
export interface Variant<Rules extends string> {
  rules: Rules;
  guests: number;
  path: Path;
  carried: Map<Traffic, Carried[]>;
}

export class Variants<Rules extends string> {
  readonly all: Variant<Rules>[] = [];
  readonly #spaces = new Namespaces();
  #ends: Ends | undefined;

  constructor(private readonly bench: Bench) {}

  /** @param callsIptables whether the bridge shows its frames to iptables */
  async add(
    rules: Rules,
    guests: number,
    load: (path: Path) => Promise<unknown>,
    callsIptables = false,
  ): Promise<void> {
    this.bench.progress(`making a host: ${rules}, ${guests} guests`);
    this.#ends ??= await makeEnds(this.#spaces);
    const path = await makePath(this.#spaces, this.#ends, this.all.length + 1, guests, callsIptables);
    await load(path);
    this.all.push({ rules, guests, path, carried: new Map() });
  }

  /** @throws when there is none */
  of(rules: Rules, guests: number): Variant<Rules> {
    const found = this.all.find((one) => one.rules === rules && one.guests === guests);
    if (!found) throw new Error(`${rules} was not measured with ${guests} guests`);
    return found;
  }
}

type Measured = Pick<Variant<string>, 'carried'>;

export function note({ carried }: Measured, traffic: Traffic, now: Carried): void {
  carried.set(traffic, [...(carried.get(traffic) ?? []), now]);
}

const perSecond = (traffic: Traffic) => (one: Carried) =>
  traffic.startsWith('TCP') ? (8 * one.bytes) / one.seconds : one.packets / one.seconds;

function values({ carried }: Measured, traffic: Traffic): number[] {
  return (carried.get(traffic) ?? []).map(perSecond(traffic));
}

/** Median of the CPU's seconds for each packet the host saw. */
export function cost({ carried }: Measured, traffic: Traffic): number {
  return median((carried.get(traffic) ?? []).map(({ seconds, packets }) => seconds / packets));
}

export function row(what: string, traffic: Traffic, ours: Measured, bare: Measured, bareIs: string): Row {
  // Side by side are the rounds that both had, which are the first.
  const [mine, theirs] = [values(ours, traffic), values(bare, traffic)];
  return {
    what,
    unit: traffic.startsWith('TCP') ? 'bit/s' : 'packets/s',
    ...compared(mine.slice(0, theirs.length), theirs.slice(0, mine.length)),
    bareIs,
    note: `${micro(cost(ours, traffic))} a frame, beside it ${micro(cost(bare, traffic))}`,
  };
}

/** What all pictures over the number of guests have in common. */
export function overGuests(labels: string[]) {
  return { unit: 's', axis: 'guests', labels, log: true, kind: 'lines' } as const;
}

export function count(guests: number): string {
  return guests === 1 ? '1 guest' : `${guests.toLocaleString('en-US')} guests`;
}

function micro(seconds: number): string {
  return `${(seconds * 1e6).toFixed(2)} µs`;
}

/** @returns the sizes of hosts to compare. @throws where this machine cannot tell what a packet costs */
export function sizesOf({ quick }: Bench): number[] {
  const missing = needsCommand('trafgen');
  if (missing) throw new Error(`${missing} (Debian and Fedora: netsniff-ng)`);
  const blind = needsCpuTimes();
  if (blind) throw new Error(blind);
  return quick ? [1, 100] : [1, 100, 1000];
}
