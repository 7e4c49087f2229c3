// What does not cross the uplink is left alone. How fast this machine is changes from second to second, so
// the same flow runs at the same time on a twin of the host that virt-shaper never touched; of two equal
// hosts one still gets 0.7 to 1.4 times the other's share of the CPU, so it is done several times.
import { atLeast, type Experiment } from './experiment.ts';
import type { Host } from './host.ts';
import { type Flow, measure, type Station, type Timing } from './iperf.ts';

const runs = 5;
const timing: Timing = { omit: 0.5, seconds: 1.5 };
const share = 0.8;

/** @param pick the flow's ends, in whichever of the two hosts */
export function unlimited(
  host: Host,
  twin: Host,
  what: string,
  pick: (host: Host) => [from: Station, to: Station],
): Experiment {
  const flows = [host, twin].map((on): Flow => {
    const [from, to] = pick(on);
    return { from, to, family: 4, protocol: 'tcp' };
  });
  return {
    section: `inside the host: at least ${share * 100} % of what it is without virt-shaper`,
    title: `${what}, with and without virt-shaper side by side`,
    run: async (signal) => {
      const pairs: { received: number; expected: number }[] = [];
      for (let run = 0; run < runs; run++) {
        const [received = 0, expected = 0] = await measure(flows, timing, signal);
        pairs.push({ received, expected });
      }
      const byRatio = pairs.toSorted((a, b) => a.received / a.expected - b.received / b.expected);
      const { received, expected } = byRatio[Math.floor(runs / 2)] ?? { received: 0, expected: 0 };
      return [{ what, configured: 'no limit', expected, received, ...atLeast(share) }];
    },
  };
}
