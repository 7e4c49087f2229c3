// Guests that share: each keeps its guarantee, together they keep their group's ceil, and nobody can take
// another's guarantee by sending more.
import type { Direction } from '../../src/units/units.ts';
import { emulated } from '../support/patience.ts';
import { atLeast, type Experiment, flow, near, nearText, rateText } from './experiment.ts';
import type { Guest, Host } from './host.ts';
import { measure, type Timing } from './iperf.ts';
import { payloadShare, policy } from './policy.ts';

const timing: Timing = { omit: 1, seconds: 3 };
/** What receivers hold back behind their first losses comes in the seconds after, which an emulated CPU makes longer. */
const settled: Timing = emulated ? { omit: 8, seconds: 6 } : timing;
const share = payloadShare('tcp', 4);

export function together(host: Host, direction: Direction): Experiment {
  const { guests } = host;
  return {
    section: `all at once: each its guarantee, groups their ceil, ${nearText}`,
    title: `${guests.map(({ name }) => name).join(', ')}: TCP ${direction}`,
    run: async (signal) => {
      const flows = guests.map((guest) => flow(host, guest, direction));
      const received = await measure(flows, settled, signal);
      const each = guests.map((guest, i) => ({
        what: `${guest.name} among all, TCP ${direction}`,
        configured: `>= ${rateText(guest.rate)}`,
        expected: guest.rate * share,
        received: received[i] ?? 0,
        ...atLeast(near.least),
      }));
      const sums = Object.entries(policy.groups).map(([name, { ceil }]) => ({
        what: `group ${name}, TCP ${direction}`,
        configured: rateText(ceil),
        expected: ceil * share,
        received: received.filter((_, i) => guests[i]?.group === name).reduce((sum, rate) => sum + rate, 0),
        ...near,
      }));
      return [...each, ...sums];
    },
  };
}

/** @param loud sends or is sent far more than its share, by UDP, which does not give way */
export function guarantee(host: Host, quiet: Guest, loud: Guest, direction: Direction): Experiment {
  const times = emulated ? 4 : 10;
  const least = 0.98;
  const what = `${quiet.name} TCP ${direction}, ${loud.name} UDP x${times}`;
  return {
    section: `a guarantee while the group's other member floods: at least ${least * 100} %`,
    title: what,
    run: async (signal) => {
      const flows = [
        flow(host, quiet, direction),
        flow(host, loud, direction, { udpRate: times * loud.rate }),
      ];
      const [received = 0] = await measure(flows, timing, signal);
      const expected = quiet.rate * share;
      return [{ what, configured: `>= ${rateText(quiet.rate)}`, expected, received, ...atLeast(least) }];
    },
  };
}
