// A host on which a guest starts, and the same start as plain shell scripts.
import { join } from 'node:path';
import type { Namespaces } from '../../support/netns.ts';
import type { Bench } from '../section.ts';
import { Crowd, count, type Entries } from './crowd.ts';
import { isChange, isWork, nodeStart, Recorder, writeReplay } from './record.ts';

export interface Subject {
  crowd: Crowd;
  /** Scripts: a start and an end of the newcomer, by nothing but nft and tc. */
  bareStart: string;
  bareStop: string;
  /** Those of the start's calls that change something, after a start of Node.js. */
  changes: string;
  /** That a start makes, beside sh and Node.js; with the other half those of nft and tc. */
  processes: { all: number; work: number };
}

/** @param size guests that run already */
export async function makeSubject(
  bench: Bench,
  spaces: Namespaces,
  label: string,
  size: number,
  entries: Entries = 'pattern',
): Promise<Subject> {
  bench.progress(`making a host with ${count(size)} guests`);
  const crowd = await Crowd.make(bench, spaces, label, size, entries);
  await crowd.run(['render']);
  await crowd.run(['load']);
  crowd.expect(size);
  // The first start probes the kernel and makes folders; later ones are like each other.
  await crowd.hook('start');
  await crowd.hook('stopped');
  const [starting, stopping] = ['start', 'stop'].map((name) => new Recorder(join(crowd.root, name)));
  if (!starting || !stopping) throw new Error('no recorder');
  await crowd.hook('start', starting.env);
  crowd.expect(size + 1);
  await crowd.hook('stopped', stopping.env);
  crowd.expect(size);
  const calls = starting.calls();
  const work = calls.filter(isWork);
  const script = (name: string) => join(crowd.root, `${name}.sh`);
  return {
    crowd,
    bareStart: writeReplay(script('start'), work, [nodeStart]),
    bareStop: writeReplay(script('stop'), stopping.calls().filter(isWork)),
    changes: writeReplay(script('changes'), work.filter(isChange), [nodeStart]),
    processes: { all: calls.length, work: work.length },
  };
}
