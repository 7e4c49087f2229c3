// Many guests at once, guests that share, and guests with names that a shell, a terminal or an option parser
// would stumble over.
import type { Direction } from '../../../src/units/units.ts';
import { type Guest, untilUp, uuidOf } from '../harness/guest.ts';
import { ceil, define, friendRate, groupCeil } from '../harness/lab.ts';
import { mustBeShaped } from '../harness/shaped.ts';
import { type Flow, measure } from '../harness/traffic.ts';
import { virsh } from '../harness/virsh.ts';
import { type Scenario, within } from '../scenario.ts';
import { startUp } from './life.ts';

const odd = [
  'two words',
  ' blanks around ',
  "it's",
  'say "hello"',
  '$(touch owned)',
  '`reboot`; rm -rf *',
  '<b>&amp;',
  '-x',
  '--help',
  '.hidden',
  'back\\slash?*',
  'a,b=c%d@e',
  'tab\there',
  'Grüße 日本語 🦆',
  'x'.repeat(200),
];

export const many: Scenario[] = [
  {
    title: 'odd names',
    core: true,
    run: async ({ a }) => {
      const guests = odd.map((name, i) => ({ name, number: 30 + i }));
      for (const guest of guests) await define(a, guest, { idle: true });
      await Promise.all(guests.map((guest) => virsh(a, 'start', uuidOf(guest))));
      await mustBeShaped(a);
      await Promise.all(guests.slice(1).map((guest) => virsh(a, 'destroy', uuidOf(guest))));
      await mustBeShaped(a);
      return [`${guests.length} guests`];
    },
  },
  {
    title: '20 starts in parallel, 20 ends in parallel',
    core: true,
    run: async ({ a }) => {
      const guests = Array.from({ length: 20 }, (_, i) => ({ name: `web-${i}`, number: 60 + i }));
      for (const guest of guests) await define(a, guest, { idle: true });
      const started = performance.now();
      await Promise.all(guests.map(({ name }) => virsh(a, 'start', name)));
      const seconds = (performance.now() - started) / 1000;
      await mustBeShaped(a);
      await Promise.all(guests.map(({ name }) => virsh(a, 'destroy', name)));
      await mustBeShaped(a);
      return [`started in ${seconds.toFixed(1)} s`];
    },
  },
  {
    title: 'three guests of a group share its ceil',
    run: async ({ a }) => {
      const friends = [1, 2, 3].map((number): Guest => ({ name: `friend-${number}`, number: 20 + number }));
      for (const friend of friends) {
        await define(a, friend);
        await virsh(a, 'start', friend.name);
      }
      await mustBeShaped(a);
      await Promise.all(friends.map((friend) => untilUp(a, friend)));
      return [await share(friends, 'out'), await share(friends, 'in')];
    },
  },
  {
    title: 'download while the upload is full',
    core: true,
    run: async ({ a }) => {
      const guest = { name: 'cliff', number: 24 };
      await startUp(a, guest);
      const both = (connections: number) => async () => {
        const ways = ['in', 'out'] as const;
        return measure(
          ways.map((direction): Flow => ({ guest, direction, protocol: 'tcp', ceil, connections })),
        );
      };
      const [single = 0] = await both(1)();
      const least = async () => Math.min(...(await both(4)()));
      return [
        await within('tcp, four connections each way: the lesser way', least, 0.9),
        `one connection each way, not judged: in ${single.toFixed(3)}`,
      ];
    },
  },
];

/** The sum of what they get within 3 % of the group's ceil, and each of them at least 97 % of its guarantee. */
async function share(friends: Guest[], direction: Direction): Promise<string> {
  const flows = friends.map((guest): Flow => ({ guest, direction, protocol: 'tcp', ceil: groupCeil }));
  let shares: number[] = [];
  const together = async () => {
    const received = await measure(flows);
    shares = received.map((ratio) => (ratio * groupCeil) / friendRate);
    const least = Math.min(...shares);
    return least < 0.97 ? least : received.reduce((sum, ratio) => sum + ratio, 0);
  };
  const figure = await within(`tcp ${direction}, together`, together, 0.97, 1.03);
  return `${figure}; each of its guarantee ${shares.map((ratio) => ratio.toFixed(3)).join(' ')}`;
}
