// Loading many guests: on a clean host against the same files given to ip, tc and nft by a plain shell, and with
// nothing to do against a Node.js that does nothing and the same questions to the kernel.
import { join } from 'node:path';
import { Namespaces } from '../../support/netns.ts';
import { takeApart } from '../anatomy/anatomy.ts';
import { Crowd, count, manyOf } from '../host/crowd.ts';
import { isChange, isWork, nodeStart, Recorder, writeReplay } from '../host/record.ts';
import type { Measure } from '../section.ts';
import { compared, figures, inTurn } from '../statistics.ts';

export const measure: Measure = async (bench) => {
  const rounds = bench.quick ? 1 : 5;
  const guests = manyOf(bench);
  bench.progress(`making a host with ${count(guests)} guests`);
  const crowd = await Crowd.make(bench, new Namespaces(), 'load', guests);
  await crowd.run(['render']);
  const idle = await recordIdle(crowd);
  await crowd.run(['unload']);
  bench.progress(`loading ${rounds} times on a clean host`);
  const node = async () => (await crowd.place.run(process.execPath, ['-e', '0'])).seconds;
  const cold = await inTurn(rounds, {
    ours: () => coldLoad(crowd),
    bare: () => bareLoad(crowd),
    node,
  });
  bench.progress(`loading ${rounds} times with nothing to do`);
  await crowd.run(['load']);
  const warm = await inTurn(rounds, {
    load: async () => (await crowd.run(['load'])).seconds,
    sync: async () => (await crowd.run(['sync'])).seconds,
    bare: async () => (await crowd.place.run('sh', [idle])).seconds,
  });
  const picture = { name: 'load', title: `What a load of ${count(guests)} guests spends its time on` };
  const load = (env: Record<string, string>) => crowd.run(['load'], env);
  const plot = await takeApart(bench, bench.scratch, picture, {
    'nothing to do': { run: load },
    'sync, nothing to do': { run: (env) => crowd.run(['sync'], env) },
    'on a clean host': {
      run: async (env) => {
        await crowd.run(['unload']);
        return load(env);
      },
    },
  });
  const besideNode = cold.ours.map((seconds, round) => seconds - (cold.node[round] ?? 0));
  const reading = 'node -e 0, then the same questions to nft and tc';
  return {
    name: 'load',
    title: `Loading ${count(guests)} guests`,
    rows: [
      { what: 'node -e 0', unit: 's', ...figures(cold.node) },
      {
        what: 'load on a clean host, without the start of Node.js',
        unit: 's',
        ...compared(besideNode, cold.bare),
        bareIs: 'ip -batch, tc -batch and nft -f of the same files',
        target: { most: 2 },
      },
      {
        what: 'load with nothing to do',
        unit: 's',
        ...compared(warm.load, warm.bare),
        bareIs: reading,
        target: { most: 2 },
      },
      { what: 'sync with nothing to do', unit: 's', ...compared(warm.sync, warm.bare), bareIs: reading },
    ],
    plots: [plot],
  };
};

/** @returns a script that asks the kernel what a load asks that has nothing to do */
async function recordIdle(crowd: Crowd): Promise<string> {
  await crowd.run(['load']);
  const recorder = new Recorder(join(crowd.root, 'idle'));
  await crowd.run(['load'], recorder.env);
  const calls = recorder.calls().filter(isWork);
  if (calls.length === 0 || calls.some(isChange)) throw new Error('a load with nothing to do did something');
  return writeReplay(join(crowd.root, 'idle.sh'), calls, [nodeStart]);
}

async function coldLoad(crowd: Crowd): Promise<number> {
  const { seconds } = await crowd.run(['load']);
  await crowd.run(['unload']);
  return seconds;
}

export async function bareLoad(crowd: Crowd): Promise<number> {
  const script = ['ip -batch', 'tc -batch', 'nft -f']
    .map((command, index) => `${command} "$${index + 1}"`)
    .join(' && ');
  const files = (['devices.ip', 'shape.tc', 'ruleset.nft'] as const).map((file) => crowd.rules(file));
  const { seconds } = await crowd.place.run('sh', ['-c', script, 'sh', ...files]);
  await crowd.run(['unload']);
  return seconds;
}
