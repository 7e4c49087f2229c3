// What a guest's whole life costs the host: CPU seconds of the five calls that libvirt makes, with all they leave to the
// background, and of the two syncs that systemd starts when libvirt has written down that the guest is there, and is gone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../../../src/hooks/hook-file.ts';
import { Namespaces } from '../../support/netns.ts';
import { cpuOf } from '../host/cpu.ts';
import { count, manyOf, newcomer } from '../host/crowd.ts';
import { makeSubject, type Subject } from '../host/subject.ts';
import type { Measure, Row } from '../section.ts';
import { compared, figures, inTurn } from '../statistics.ts';

/** libvirt's calls, in their order; between the two lists the guest runs, and its tap goes. */
const calls = { begin: ['prepare', 'start', 'started'], end: ['stopped', 'release'] };

/** What is too short for the clock is done so often. */
const often = 20;

export const measure: Measure = async (bench) => {
  const spaces = new Namespaces();
  const rounds = bench.quick ? 1 : 7;
  const size = manyOf(bench);
  const subjects = {
    '1': await makeSubject(bench, spaces, 'few', 1),
    [count(size)]: await makeSubject(bench, spaces, 'many', size),
  };
  const rows: Row[] = [];
  for (const [running, subject] of Object.entries(subjects)) {
    bench.progress(`${rounds} lives with ${running} running`);
    const times = await inTurn(rounds, {
      ours: () => life(subject, (operation) => subject.crowd.call(operation)),
      bare: () => bareLife(subject),
      idle: () => idleLife(subject),
      synced: () => syncs(subject),
    });
    rows.push(
      {
        what: `five calls, ${running} running`,
        unit: 's',
        ...compared(times.ours, times.bare),
        bareIs: 'node -e 0, then the nft and tc calls of its start and of its end',
      },
      {
        what: '  against no hook to speak of',
        unit: 's',
        ...compared(times.ours, times.idle),
        bareIs: 'five calls of a file of sh that ends at once',
      },
      { what: `two syncs, ${running} running`, unit: 's', ...figures(times.synced) },
    );
  }
  return { name: 'life', title: 'The whole life of a guest, in CPU seconds', rows, plots: [] };
};

/** @param call a line of sh that makes one of libvirt's calls */
async function life({ crowd }: Subject, call: (operation: string) => string): Promise<number> {
  const cpu = (operations: string[]) => cpuOf(crowd.place, operations.map(call).join('\n'));
  const begun = await cpu(calls.begin);
  return begun + (await crowd.withoutTap(() => cpu(calls.end)));
}

async function bareLife({ crowd, bareStart, bareStop }: Subject): Promise<number> {
  const begun = await cpuOf(crowd.place, `sh ${shellQuote(bareStart)}`);
  return begun + (await crowd.withoutTap(() => cpuOf(crowd.place, `sh ${shellQuote(bareStop)}`)));
}

async function idleLife({ crowd }: Subject): Promise<number> {
  const idle = join(crowd.root, 'idle');
  writeFileSync(idle, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const lines = [...calls.begin, ...calls.end].map(
    (operation) => `${shellQuote(idle)} ${newcomer} ${operation} begin -`,
  );
  return (await cpuOf(crowd.place, `for n in $(seq ${often}); do\n${lines.join('\n')}\ndone`)) / often;
}

/** One with the guest, one after it. */
async function syncs({ crowd }: Subject): Promise<number> {
  const sync = crowd.line(['--quiet', 'sync', '--settle', '0', '--in-force']);
  await crowd.hook('start');
  const there = await cpuOf(crowd.place, sync);
  await crowd.hook('stopped');
  return there + (await cpuOf(crowd.place, sync));
}
