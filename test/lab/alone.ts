// One guest at a time in its class: what its ceil allows, in one direction and in both at once, and how long its
// packets and its neighbour's take meanwhile.
import { setTimeout as delay } from 'node:timers/promises';
import { type Direction, directions } from '../../src/units/units.ts';
import { emulated } from '../support/patience.ts';
import { atLeast, type Experiment, flow, near, nearText, type Protocol, rateText } from './experiment.ts';
import type { Guest, Host } from './host.ts';
import { type Family, measure, type Timing } from './iperf.ts';
import { medianPing } from './ping.ts';
import { payloadShare } from './policy.ts';
import type { Row } from './table.ts';

export type Subject = [Guest, Family];

/** What a guest's TCP reached alone, in bits of payload per second. */
export type Reached = Map<string, number>;
const keyOf = (guest: Guest, direction: Direction) => `${guest.name} ${direction}`;

const timing: Timing = { omit: 1, seconds: 3 };

/**
 * What UDP offers, as a multiple of the ceil. An emulated CPU can send some 40 mbit of it, so there it is less, and one
 * guest after the other.
 */
const flood = emulated ? 1.2 : 5;

/** @param subjects measured at once: no two of them share a class or group */
export function alone(
  host: Host,
  subjects: Subject[],
  protocol: Protocol,
  direction: Direction,
  reached: Reached,
): Experiment {
  const what = ([guest, family]: Subject) =>
    `${guest.name} ${protocol.toUpperCase()} ${direction}${family === 6 ? ', IPv6' : ''}`;
  return {
    section: `each guest alone: what its ceil allows, ${nearText}`,
    title: subjects.map(what).join(' and '),
    run: async (signal) => {
      const flows = subjects.map(([guest, family]) => {
        const udpRate = flood * guest.ceil;
        return flow(host, guest, direction, protocol === 'udp' ? { family, udpRate } : { family });
      });
      const turns = emulated && protocol === 'udp' ? flows.map((one) => [one]) : [flows];
      const received: number[] = [];
      for (const turn of turns) received.push(...(await measure(turn, timing, signal)));
      return subjects.map((subject, i) => {
        const [guest, family] = subject;
        const row = {
          what: what(subject),
          configured: rateText(guest.ceil),
          expected: guest.ceil * payloadShare(protocol, family),
          received: received[i] ?? 0,
          ...near,
        };
        if (protocol === 'tcp' && family === 4) reached.set(keyOf(guest, direction), row.received);
        return row;
      });
    },
  };
}

/** What is asked of the queue of a class. A ping's figures: milliseconds more than while nothing else goes on. */
const demands = {
  fq_codel: { share: 0.95, own: 30, neighbour: 5 },
  // It queues 35 ms in each direction, and a segment of 64 kB more.
  bfifo: { share: 0.9, own: 90, neighbour: 5 },
};

export type Queue = keyof typeof demands;

/**
 * With several connections each way. Of two single ones both wait in both queues, so they have one round trip
 * time, and the one with the smaller window cannot fill its direction whatever the queues (0.8 to 0.98).
 */
export function bothDirections(
  host: Host,
  guest: Guest,
  neighbour: Guest | undefined,
  queue: Queue,
  reached: Reached,
): Experiment {
  const { share, own, neighbour: others } = demands[queue];
  const connections = 4;
  const long: Timing = { omit: 1, seconds: 4 };
  const pinged = [{ of: guest, more: own }, ...(neighbour ? [{ of: neighbour, more: others }] : [])];
  const pings = (seconds: number) =>
    Promise.all(pinged.map(({ of }) => medianPing(of, host.outside, seconds)));
  return {
    section: `both directions at once (${queue}): at least ${share * 100} % of what each reached alone`,
    title: `${guest.name} TCP out and in at once`,
    run: async (signal) => {
      const flows = directions.map((direction) => flow(host, guest, direction, { connections }));
      const idle = await pings(1);
      const [received, busy] = await Promise.all([
        measure(flows, long, signal),
        delay(2000, undefined, { signal }).then(() => pings(2.5)),
      ]);
      const rows = directions.map(
        (direction, i): Row => ({
          what: `${guest.name} TCP ${direction} of both, x${connections}`,
          configured: rateText(guest.ceil),
          expected: reached.get(keyOf(guest, direction)) ?? Number.NaN,
          received: received[i] ?? 0,
          ...atLeast(share),
        }),
      );
      const waits = pinged.map(
        ({ of, more }, i): Row => ({
          what: `${of.name} pings meanwhile, ms`,
          configured: `idle + ${more}`,
          expected: (idle[i] ?? 0) + more,
          received: busy[i] ?? Number.NaN,
          unit: 'ms',
          least: 0,
          most: 1,
        }),
      );
      return [...rows, ...waits];
    },
  };
}
