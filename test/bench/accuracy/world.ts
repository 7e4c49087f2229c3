// One host for everything that is measured of accuracy, with guests for each question, so that those who do not
// share anything are measured at once. Its policy is virt-shaper's own, or the same with one thing left to tc.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeGuests } from '../../../src/store/guests.ts';
import type { Direction } from '../../../src/units/units.ts';
import { flow } from '../../lab/experiment.ts';
import { guestNamed, type Host, makeHost, plug } from '../../lab/host.ts';
import { type Flow, measure, type Timing } from '../../lab/iperf.ts';
import { type LabGuest, mbit, type policy, toToml } from '../../lab/policy.ts';
import { Namespaces } from '../../support/netns.ts';
import { loadFiles } from '../packets/ours.ts';
import type { Bench } from '../section.ts';

/** What is left to tc: bursts as it computes them, its FIFO of 1,000 packets, or one quantum for all. */
export type Left = 'burst' | 'leaf' | 'quantum';

export interface World {
  host: Host;
  timing: Timing;
  /** For TCP at 1 mbit, whose receiver gets what was lost and all that came after it at once. */
  slow: Timing;
  /** For guests that share: what they get swings about their part of it. */
  shared: Timing;
  /** For a crowd's TCP: what its receivers hold back since the first losses comes to seconds of a small guarantee. */
  settled: Timing;
  /** Loads the policy, or the one that leaves this to tc; nothing when it is loaded already. */
  load: (left?: Left) => Promise<void>;
  /** @returns bits of payload per second that arrived, in the order of the flows */
  run: (what: string, flows: Flow[], timing?: Timing) => Promise<number[]>;
}

/** In mbit; each with a guest that sends (`out-10`) and one that receives (`in-10`). */
export const rates = [1, 2, 10, 30, 100, 200, 1000];

/** Members of groups that are measured as a whole, and the groups' ceils. */
export const groups = { pair: { members: 2, ceil: 30 * mbit }, crowd: { members: 20, ceil: 50 * mbit } };

/** Guarantees of two who share a group's ceil: the quiet one's is a part of the loud one's. */
export const contests = { even: [10, 10], tenth: [2, 20], hundredth: [0.2, 20] } as const;

/** Two who may both have all that their group leaves over. */
export const leftovers = { small: 10, large: 40 } as const;
export const leftoverCeil = 100;

const plan: typeof policy = {
  bridge: 'br0',
  uplink: { name: 'eth0', ceil: 10_000 * mbit },
  groups: {
    ...groups,
    ...Object.fromEntries(Object.entries(contests).map(([name, [a, b]]) => [name, { ceil: (a + b) * mbit }])),
    over: { ceil: leftoverCeil * mbit },
    busy: { ceil: 30 * mbit },
  },
  guests: [
    ...rates.flatMap((rate) => ['out', 'in'].map((way) => alone(`${way}-${rate}`, rate))),
    ...Object.entries(groups).flatMap(([group, { members, ceil }]) =>
      Array.from({ length: members }, (_, index) => ({
        name: `${group}-${index}`,
        group,
        rate: ceil / members,
        ceil,
      })),
    ),
    ...Object.entries(contests).flatMap(([group, [quiet, loud]]) => [
      { name: `${group}-quiet`, group, rate: quiet * mbit, ceil: (quiet + loud) * mbit },
      { name: `${group}-loud`, group, rate: loud * mbit, ceil: (quiet + loud) * mbit },
    ]),
    ...Object.entries(leftovers).map(([name, rate]) => ({
      name,
      group: 'over',
      rate: rate * mbit,
      ceil: leftoverCeil * mbit,
    })),
    ...['busy', 'neighbour'].map((name) => ({ name, group: 'busy', rate: 15 * mbit, ceil: 30 * mbit })),
  ],
};

function alone(name: string, rate: number): LabGuest {
  return { name, rate: rate * mbit, ceil: rate * mbit };
}

export async function makeWorld(bench: Bench): Promise<World> {
  bench.progress(`making a host and ${plan.guests.length} guests`);
  const host = await makeHost(new Namespaces(), '', plan);
  for (const guest of host.guests) await plug(host, guest, plan.bridge);
  const root = join(bench.scratch, 'accuracy');
  for (const folder of ['etc', 'run']) mkdirSync(join(root, folder, 'virt-shaper'), { recursive: true });
  writeFileSync(join(root, 'etc/virt-shaper/config.toml'), toToml(plan), { mode: 0o644 });
  const guests = host.guests.map(({ name, tap }) => ({
    name,
    driver: 'qemu' as const,
    nics: [{ tap, bridge: plan.bridge }],
  }));
  writeGuests(join(root, 'run/virt-shaper/guests.json'), guests);
  const rules = join(root, 'var/lib/virt-shaper/rules.d');
  const run = (command: string) =>
    host.space.run(process.execPath, [bench.program, '--root', root, command, '--quiet']);
  let loaded: Left | 'nothing' | undefined = 'nothing';
  const load = async (left?: Left) => {
    if (left === loaded) return;
    if (loaded !== 'nothing') await run('unload');
    loaded = left;
    await run('render');
    if (!left) return void (await run('load'));
    await loadFiles(host.space, rules, (shape) => leaveToTc(shape, left));
  };
  const timing = bench.quick ? { omit: 0.3, seconds: 0.7 } : { omit: 1, seconds: 4 };
  const slow = bench.quick ? timing : { omit: 2, seconds: 20 };
  const shared = bench.quick ? timing : { omit: 2, seconds: 10 };
  const settled = bench.quick ? timing : { omit: 10, seconds: 10 };
  return {
    host,
    timing,
    slow,
    shared,
    settled,
    load,
    run: (what, flows, own = timing) => {
      bench.progress(`${what}${loaded ? `, ${loaded} left to tc` : ''}`);
      return measure(flows, own);
    },
  };
}

/** @param shape a shape.tc @throws when that changes nothing, and the comparison would be with itself */
export function leaveToTc(shape: string, left: Left): string {
  const without = {
    burst: () => shape.replace(/ burst \d+ cburst \d+/g, ''),
    leaf: () => shape.replace(/^ *qdisc add dev \S+ parent .*\n/gm, ''),
    quantum: () => shape.replace(/^( *class .* quantum) \d+/gm, '$1 200000'),
  }[left]();
  if (without === shape) throw new Error(`shape.tc has no ${left} that could be left to tc`);
  return without;
}

export type Traffic = NonNullable<Parameters<typeof flow>[3]> & { length?: number };

/** From or to a guest, who is told by his name. */
export function flowOf(host: Host, name: string, direction: Direction, traffic: Traffic = {}): Flow {
  const { length, ...rest } = traffic;
  const made = flow(host, guestNamed(host, name), direction, rest);
  return length && made.protocol === 'udp' ? { ...made, length } : made;
}
