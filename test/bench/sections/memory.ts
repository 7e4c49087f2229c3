// The most memory that each command holds on a host with many guests, each with an entry and a group. Told by the
// process itself at its end; nft, tc and ip are not in it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Namespaces } from '../../support/netns.ts';
import { probeEnv, readProbe } from '../anatomy/probe.ts';
import { Crowd, count, manyOf } from '../host/crowd.ts';
import type { Measure, Row } from '../section.ts';
import { figures } from '../statistics.ts';

const most = 100e6;

/** In an order in which each finds what it needs. */
const commands = [
  'check',
  'render',
  'load',
  'hook start',
  'hook stopped',
  'load, nothing to do',
  'sync, nothing to do',
  'plan',
  'verify',
  'status --interval 0',
  'tree --interval 0',
  'top --once --interval 0.2',
  'explain vm-0',
  'metrics',
  'doctor',
  'init',
  'import bandwidth.conf',
  'hooks status',
  'unload',
];

export const measure: Measure = async (bench) => {
  const guests = manyOf(bench);
  bench.progress(`making a host with ${count(guests)} guests`);
  const crowd = await Crowd.make(bench, new Namespaces(), 'memory', guests, 'entries');
  const old = join(crowd.root, 'bandwidth.conf');
  const lines = Array.from(
    { length: guests },
    (_, index) => `vm${index}_eth0="${1000 + index} 1mbit 2mbit"\n`,
  );
  writeFileSync(old, `ceil_eth0="1000mbit"\n${lines.join('')}`);
  bench.progress('every command, once');
  const peaks = new Map<string, number>();
  for (const command of commands) peaks.set(command, await peakOf(crowd, command, old));
  await crowd.place.run(process.execPath, ['-e', '0'], { env: freshProbe(crowd) });
  const bare = readProbe(folderOf(crowd)).peak;
  return {
    name: 'memory',
    title: `The most memory each command holds, ${count(guests)} guests`,
    rows: [
      { what: 'node -e 0', unit: 'bytes', ...figures([bare]) },
      ...[...peaks].map(
        ([what, peak]): Row => ({ what, unit: 'bytes', ...figures([peak]), target: { most } }),
      ),
    ],
    plots: [],
  };
};

async function peakOf(crowd: Crowd, command: string, old: string): Promise<number> {
  const env = freshProbe(crowd);
  const [words = ''] = command.split(',');
  if (words === 'hook start' || words === 'hook stopped') {
    await crowd.hook(words === 'hook start' ? 'start' : 'stopped', env);
  } else {
    const args = words.split(' ').map((word) => (word === 'bandwidth.conf' ? old : word));
    // Whether it found something to complain of is not asked here.
    await crowd.run(args, env, null);
  }
  return readProbe(folderOf(crowd)).peak;
}

function folderOf(crowd: Crowd): string {
  return join(crowd.root, 'probe');
}

/** What the run before wrote must not be taken for what this one should have. */
function freshProbe(crowd: Crowd): Record<string, string> {
  rmSync(folderOf(crowd), { recursive: true, force: true });
  mkdirSync(folderOf(crowd));
  return probeEnv(folderOf(crowd));
}
