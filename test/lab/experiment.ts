// What an experiment is, and the words all of them share. A row says what was configured, what that allows an
// application to receive, and what it received.
import type { Direction } from '../../src/units/units.ts';
import type { Guest, Host } from './host.ts';
import type { Family, Flow } from './iperf.ts';
import { mbit, udpLength } from './policy.ts';
import type { Row } from './table.ts';

export interface Experiment {
  /** The heading of its rows; experiments of one section follow each other. */
  section: string;
  title: string;
  /** Measures; may be called again. */
  run: (signal: AbortSignal) => Promise<Row[]>;
}

export type Protocol = Flow['protocol'];

const tolerance = 0.03;
export const near = { least: 1 - tolerance, most: 1 + tolerance };
export const nearText = `within ${tolerance * 100} %`;

export function atLeast(share: number): { least: number; most: number } {
  return { least: share, most: Number.POSITIVE_INFINITY };
}

/** What a guest sends (out) or receives (in). */
export function flow(
  host: Host,
  guest: Guest,
  direction: Direction,
  traffic: { family?: Family; udpRate?: number; connections?: number } = {},
): Flow {
  const { family = 4, udpRate, connections = 1 } = traffic;
  const ends = direction === 'out' ? { from: guest, to: host.outside } : { from: host.outside, to: guest };
  if (udpRate === undefined) return { ...ends, family, protocol: 'tcp', connections };
  return { ...ends, family, protocol: 'udp', rate: udpRate, length: udpLength };
}

export function rateText(bits: number): string {
  return `${bits / mbit} mbit`;
}
