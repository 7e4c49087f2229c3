// One guest at a time in its class: what its ceil allows, in one direction and in both at once.
import { type Direction, directions } from '../../src/units.ts';
import { atLeast, type Experiment, flow, near, nearText, type Protocol, rateText } from './experiment.ts';
import type { Guest, Host } from './host.ts';
import { type Family, measure, type Timing } from './iperf.ts';
import { payloadShare } from './policy.ts';

export type Subject = [Guest, Family];

/** What a guest's TCP reached alone, in bits of payload per second. */
export type Reached = Map<string, number>;
const keyOf = (guest: Guest, direction: Direction) => `${guest.name} ${direction}`;

const timing: Timing = { omit: 1, seconds: 3 };

/** What UDP offers, as a multiple of the ceil. */
const flood = 5;

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
      const received = await measure(flows, timing, signal);
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

/**
 * With several connections each way. Of two single ones both wait in both queues, so they have one round trip
 * time, and the one with the smaller window cannot fill its direction whatever the queues (0.8 to 0.98).
 */
export function bothDirections(host: Host, guest: Guest, reached: Reached): Experiment {
  const share = 0.9;
  const connections = 4;
  return {
    section: `both directions at once: at least ${share * 100} % of what each reached alone`,
    title: `${guest.name} TCP out and in at once`,
    run: async (signal) => {
      const flows = directions.map((direction) => flow(host, guest, direction, { connections }));
      const received = await measure(flows, timing, signal);
      return directions.map((direction, i) => ({
        what: `${guest.name} TCP ${direction} of both, x${connections}`,
        configured: rateText(guest.ceil),
        expected: reached.get(keyOf(guest, direction)) ?? Number.NaN,
        received: received[i] ?? 0,
        ...atLeast(share),
      }));
    },
  };
}
