// Guests that start at once, as when a host boots: until the last of them is shaped, against one that starts by itself.
import { Namespaces } from '../../support/netns.ts';
import { Crowd } from '../host/crowd.ts';
import type { Measure } from '../section.ts';
import { compared, inTurn } from '../statistics.ts';

export const measure: Measure = async (bench) => {
  const guests = bench.quick ? 16 : 64;
  bench.progress(`making two hosts, one for ${guests} guests`);
  const spaces = new Namespaces();
  const [crowd, one] = [
    await Crowd.make(bench, spaces, 'crowd', guests),
    await Crowd.make(bench, spaces, 'one', 1),
  ];
  /** Nobody runs; the first start since makes the folders, and is not measured. */
  const emptied = async (host: Crowd) => {
    await host.run(['unload']);
    host.note(0);
    await host.run(['apply']);
  };
  const start = async (host: Crowd, count: number) => {
    await emptied(host);
    const { seconds } = await host.together(count);
    host.expect(count);
    return seconds;
  };
  bench.progress(`${guests} guests start at once, and one by itself, in turn`);
  const times = await inTurn(bench.quick ? 1 : 5, {
    crowd: () => start(crowd, guests),
    one: () => start(one, 1),
  });
  return {
    name: 'crowd',
    title: 'Guests that start at once: until the last is shaped',
    rows: [
      {
        what: `${guests} starts at once`,
        unit: 's',
        ...compared(times.crowd, times.one),
        bareIs: 'one start by itself',
        target: { most: 10 },
      },
    ],
    plots: [],
  };
};
