// What a scenario is: something a guest goes through on a real host. Before it there is no guest, after it
// again none; in between it says itself what must hold, beginning with mustBeShaped().
import type { Direction } from '../../src/units/units.ts';
import type { Guest } from './harness/guest.ts';
import { ceil, type Lab } from './harness/lab.ts';
import { measure } from './harness/traffic.ts';
import { slowness } from './harness/wait.ts';

export interface Scenario {
  title: string;
  /** One of the few that run in CI. */
  core?: boolean;
  /** @returns why it cannot be tried on these hosts, if it cannot */
  lacks?: (lab: Lab) => string | undefined;
  /** @returns figures, for people. @throws when something does not hold */
  run: (lab: Lab) => Promise<string[]>;
}

const tolerance = 0.03;

/** On a machine with nothing else to do; else more, up to four times as many. */
const tries = 3;

/**
 * A guest with the default ceil, alone: what it receives must be within 3 % of what the ceil allows. */
export async function mustReachItsCeil(
  guest: Guest,
  what: { protocols?: ('tcp' | 'udp')[]; directions?: Direction[]; network?: number } = {},
): Promise<string[]> {
  const { protocols = ['tcp'], directions = ['out', 'in'], network = 0 } = what;
  const figures: string[] = [];
  for (const protocol of protocols) {
    for (const direction of directions) {
      const flow = { guest, direction, protocol, ceil, network };
      const once = async () => (await measure([flow]))[0] ?? 0;
      figures.push(await within(`${protocol} ${direction}`, once, 1 - tolerance, 1 + tolerance));
    }
  }
  return figures;
}

/**
 * What is out of its bounds is measured again before it counts: other work on this machine costs bandwidth and time.
 * @returns the figure, for people. @throws when it is out of them every time
 */
export async function within(
  what: string,
  once: () => Promise<number>,
  least: number,
  most = Number.POSITIVE_INFINITY,
): Promise<string> {
  const seen: string[] = [];
  for (let i = 1; i <= tries * Math.min(4, slowness()); i++) {
    const figure = await once();
    seen.push(figure.toFixed(3));
    if (figure >= least && figure <= most) return `${what} ${seen.join(', then ')}`;
  }
  throw new Error(`${what} ${seen.join(', then ')}: not from ${least} to ${most}`);
}
