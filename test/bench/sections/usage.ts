// What it costs to count what guests use: the minute's sync with nothing to do, with a ledger and in turn with one that
// is not to be written, and a guest's end with its last reading.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Namespaces } from '../../support/netns.ts';
import { Crowd, count, manyOf } from '../host/crowd.ts';
import type { Measure } from '../section.ts';
import { compared, inTurn } from '../statistics.ts';

export const measure: Measure = async (bench) => {
  const rounds = bench.quick ? 2 : 11;
  const guests = manyOf(bench);
  bench.progress(`making a host with ${count(guests)} guests`);
  const crowd = await Crowd.make(bench, new Namespaces(), 'usage', guests, 'entries');
  await crowd.run(['render']);
  await crowd.run(['load']);
  await crowd.run(['sync']);
  const folder = join(crowd.root, 'var/lib/virt-shaper/usage');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'now.json');
  let ledger = busy(readFileSync(file, 'utf8'));
  bench.progress(`each sync ${rounds} times`);
  const sync = async () => (await crowd.run(['sync', '--in-force'])).seconds;
  const times = await inTurn(rounds, {
    counting: async () => {
      writeFileSync(file, ledger);
      const seconds = await sync();
      ledger = readFileSync(file, 'utf8');
      return seconds;
    },
    without: async () => {
      writeFileSync(file, '{"version":2}');
      return sync();
    },
  });
  return {
    name: 'usage',
    title: `Counting what ${count(guests)} guests use`,
    rows: [
      {
        what: 'sync with nothing to do, counting',
        unit: 's',
        ...compared(times.counting, times.without),
        bareIs: 'the same sync, which counts nothing',
        target: { most: 1.3 },
      },
      {
        what: 'the file that is written each minute',
        unit: 'bytes',
        ours: Buffer.byteLength(ledger),
        spread: [Buffer.byteLength(ledger), Buffer.byteLength(ledger)],
      },
    ],
    plots: [],
  };
};

/** As at the end of a busy month: the guests of a bench are silent. */
function busy(text: string): string {
  const value = JSON.parse(text);
  for (const [index, subject] of Object.keys(value.accounts).entries()) {
    const peaks = Array.from(
      { length: 40 },
      (_bin, step) => `${700 - (index % 50) - step}:${12 + (step % 7)}`,
    ).join(' ');
    const bytes = 1_234_567_890 + index * 7_654_321;
    value.accounts[subject] = {
      ...value.accounts[subject],
      total: [bytes * 30, bytes],
      day: [bytes, bytes],
      out: peaks,
      in: peaks,
    };
  }
  return JSON.stringify(value);
}
