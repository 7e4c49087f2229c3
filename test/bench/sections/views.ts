// What it takes to look at many guests: each view that is asked often, in turn with a Node.js that does nothing and the
// same questions to nft and tc, asked by a plain shell.
import { join } from 'node:path';
import { Namespaces } from '../../support/netns.ts';
import { Crowd, count, manyOf } from '../host/crowd.ts';
import { isChange, isWork, nodeStart, Recorder, writeReplay } from '../host/record.ts';
import type { Measure, Row } from '../section.ts';
import { compared, figures, inTurn } from '../statistics.ts';

/** Seconds. */
const most = 0.5;

const views = { status: ['status', '--interval', '0'], metrics: ['metrics'] };

export const measure: Measure = async (bench) => {
  const rounds = bench.quick ? 1 : 7;
  const guests = manyOf(bench);
  bench.progress(`making a host with ${count(guests)} guests`);
  const crowd = await Crowd.make(bench, new Namespaces(), 'views', guests, 'entries');
  await crowd.run(['render']);
  await crowd.run(['load']);
  crowd.expect(guests);
  const questions = new Map<string, string>();
  for (const [name, args] of Object.entries(views)) questions.set(name, await recordView(crowd, name, args));
  bench.progress(`each view ${rounds} times`);
  const times = await inTurn(rounds, {
    node: async () => (await crowd.place.run(process.execPath, ['-e', '0'])).seconds,
    ...Object.fromEntries(
      Object.entries(views).flatMap(([name, args]) => [
        [name, async () => (await crowd.run(args)).seconds],
        [`bare ${name}`, async () => (await crowd.place.run('sh', [questions.get(name) ?? ''])).seconds],
      ]),
    ),
  });
  const of = (name: string) => (times as Record<string, number[]>)[name] ?? [];
  return {
    name: 'views',
    title: `Looking at ${count(guests)} guests`,
    rows: [
      { what: 'node -e 0', unit: 's', ...figures(of('node')) },
      ...Object.entries(views).flatMap(([name, args]): Row[] => [
        { what: args.join(' '), unit: 's', ...figures(of(name)), target: { most } },
        {
          what: `${args.join(' ')}, against the bare questions`,
          unit: 's',
          ...compared(of(name), of(`bare ${name}`)),
          bareIs: 'node -e 0, then the same questions to nft and tc',
        },
      ]),
    ],
    plots: [],
  };
};

/** @returns a script that asks the kernel what the view asks */
async function recordView(crowd: Crowd, name: string, args: string[]): Promise<string> {
  await crowd.run(args);
  const recorder = new Recorder(join(crowd.root, name));
  await crowd.run(args, recorder.env);
  const calls = recorder.calls().filter(isWork);
  if (calls.length === 0 || calls.some(isChange)) throw new Error(`${name} changes something`);
  return writeReplay(join(crowd.root, `${name}.sh`), calls, [nodeStart]);
}
