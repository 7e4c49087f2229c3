// How each command grows with the number of guests. Above 1,000 they are on several bridges, since a bridge has at
// most 1,023 ports. The kernel's own part is beside it: the same files loaded by a plain shell.
import { Namespaces } from '../../support/netns.ts';
import { Crowd, count } from '../host/crowd.ts';
import type { Measure, Row } from '../section.ts';
import { compared, figures } from '../statistics.ts';
import { bareLoad } from './load.ts';

/** In the order in which they are run, which is that of the lines' names in the picture. */
const commands = ['load on a clean host', 'start of a guest', 'sync', 'plan', 'verify', 'render'] as const;
type Command = (typeof commands)[number];
type Times = Record<Command | 'bare load', number[]>;

export const measure: Measure = async (bench) => {
  const sizes = bench.quick ? [1, 10] : [1, 10, 100, 1000, 5000];
  const spaces = new Namespaces();
  const all = new Map<number, Times>();
  for (const size of sizes) {
    const rounds = bench.quick || size > 1000 ? 1 : 2;
    bench.progress(`making a host with ${size} guests`);
    const crowd = await Crowd.make(bench, spaces, `scaling-${size}`, size);
    bench.progress(`every command ${rounds} times with ${size} guests`);
    all.set(size, await timeAll(crowd, rounds));
  }
  const times = [...all.values()];
  const labels = sizes.map((size) => count(size));
  const line = (name: string, of: (times: Times) => number[]) => ({
    name,
    values: times.map((one) => figures(of(one)).ours),
  });
  return {
    name: 'scaling',
    title: 'Growing with the number of guests',
    rows: [...all].flatMap(([size, one]) => rowsOf(size, one)),
    plots: [
      {
        name: 'scaling-commands',
        kind: 'lines',
        title: 'How long each command takes',
        unit: 's',
        axis: 'guests',
        labels,
        series: commands.slice(1).map((command) => line(command, (one) => one[command])),
        log: true,
      },
      {
        name: 'scaling-load',
        kind: 'lines',
        title: 'Loading on a clean host',
        unit: 's',
        axis: 'guests',
        labels,
        series: [
          line('virt-shaper load', (one) => one['load on a clean host']),
          line('ip -batch, tc -batch and nft -f', (one) => one['bare load']),
        ],
        log: true,
      },
    ],
  };
};

async function timeAll(crowd: Crowd, rounds: number): Promise<Times> {
  const times: Times = {
    'load on a clean host': [],
    'bare load': [],
    'start of a guest': [],
    sync: [],
    plan: [],
    verify: [],
    render: [],
  };
  const time = async (...args: string[]) => (await crowd.run(args)).seconds;
  await time('render');
  for (let round = 0; round < rounds; round += 1) {
    times['bare load'].push(await bareLoad(crowd));
    times['load on a clean host'].push(await time('load'));
    times['start of a guest'].push((await crowd.hook('start')).seconds);
    await crowd.hook('stopped');
    times.sync.push(await time('sync'));
    times.plan.push(await time('plan'));
    times.verify.push(await time('verify'));
    times.render.push(await time('render'));
    if (round < rounds - 1) await time('unload'); // The last goes with its namespace.
  }
  return times;
}

function rowsOf(size: number, times: Times): Row[] {
  const loaded = size === 1 ? '1 guest' : `${count(size)} guests`;
  return [
    {
      what: `load on a clean host, ${loaded}`,
      unit: 's',
      ...compared(times['load on a clean host'], times['bare load']),
      bareIs: 'ip -batch, tc -batch and nft -f of the same files',
    },
  ];
}
