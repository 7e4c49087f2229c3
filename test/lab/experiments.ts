// Everything the demo measures, in the order it is printed. Runs are few because independent guests are
// measured at once, and no more than that, because two cores must carry senders, queues and receivers.
import { directions } from '../../src/units/units.ts';
import { alone, bothDirections, type Queue, type Reached, type Subject } from './alone.ts';
import { byTheHost } from './attack.ts';
import type { Experiment, Protocol } from './experiment.ts';
import { type Guest, guestNamed, type Host } from './host.ts';
import { policy } from './policy.ts';
import { guarantee, together } from './shared.ts';
import { unlimited } from './unlimited.ts';

/**
 * @param twin the same host, all guests plugged in, without virt-shaper
 * @param queue of every class
 */
export function planExperiments(host: Host, twin: Host, queue: Queue): Experiment[] {
  const groups = Object.keys(policy.groups).map((name) => host.guests.filter(({ group }) => group === name));
  const singles = host.guests.filter(({ group }) => group === undefined);
  const reached: Reached = new Map();
  // One of each group, and those who have none, at once; these twice, to fill the rounds: once by IPv6.
  const rounds = roundsOf([...groups.map((members) => members.map(byIpv4)), ...singles.map(byBoth)]);
  const protocols: Protocol[] = ['tcp', 'udp'];
  return [
    ...protocols.flatMap((protocol) =>
      directions.flatMap((direction) =>
        rounds.map((subjects) => alone(host, subjects, protocol, direction, reached)),
      ),
    ),
    ...directions.map((direction) => together(host, direction)),
    ...groups.flatMap(([quiet, loud]) =>
      quiet && loud ? directions.map((direction) => guarantee(host, quiet, loud, direction)) : [],
    ),
    ...singles.slice(0, 1).map((guest) => bothDirections(host, guest, groups[0]?.[0], queue, reached)),
    ...singles.slice(0, 1).map((guest) => byTheHost(host, guest)),
    ...insideTheHost(host, twin),
  ];
}

function insideTheHost(host: Host, twin: Host): Experiment[] {
  const [from, to] = host.guests.map(({ name }) => name);
  if (!from || !to) return [];
  return [
    unlimited(host, twin, `${from} -> ${to}`, (on) => [guestNamed(on, from), guestNamed(on, to)]),
    unlimited(host, twin, `the host -> ${to}`, (on) => [on, guestNamed(on, to)]),
  ];
}

function byIpv4(guest: Guest): Subject {
  return [guest, 4];
}

function byBoth(guest: Guest): Subject[] {
  return [
    [guest, 4],
    [guest, 6],
  ];
}

/** The first of each list, then the second of each, and so on. */
function roundsOf<T>(lists: T[][]): T[][] {
  const length = Math.max(...lists.map((list) => list.length));
  return Array.from({ length }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1)));
}
