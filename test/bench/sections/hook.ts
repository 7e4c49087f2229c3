// How long libvirt waits when a guest starts, with few and with many guests running: the file that libvirt
// runs, against a Node.js that does nothing and the very same calls of nft and tc, made by a plain shell.
import { Namespaces } from '../../support/netns.ts';
import { type Subject as Apart, takeApart } from '../anatomy/anatomy.ts';
import { count, manyOf } from '../host/crowd.ts';
import { makeSubject, type Subject } from '../host/subject.ts';
import type { Measure, Row } from '../section.ts';
import { compared, figures, inTurn } from '../statistics.ts';

export const measure: Measure = async (bench) => {
  const spaces = new Namespaces();
  const rounds = bench.quick ? 1 : 7;
  const size = manyOf(bench);
  const all = count(size);
  const few = await makeSubject(bench, spaces, 'few', 1);
  const many = await makeSubject(bench, spaces, 'many', size);
  const listed = await makeSubject(bench, spaces, 'listed', size, 'entries');
  bench.progress(`a guest starts, ${rounds} times with 1 guest, with ${all}, and with ${all} entries`);
  const kinds = Object.fromEntries(
    Object.entries({ few, many, listed }).flatMap(([name, subject]) => [
      [name, () => start(subject)],
      [`${name} bare`, () => bareStart(subject, subject.bareStart)],
      [`${name} changes`, () => bareStart(subject, subject.changes)],
    ]),
  );
  const times = await inTurn(rounds, { ...kinds, node: () => nodeTime(few) });
  const get = (name: string) => times[name as keyof typeof times] ?? [];
  const bareIs = 'node -e 0, then the same nft and tc calls';
  const against = (what: string, name: string, target?: Row['target']): Row[] => [
    { what, unit: 's', ...compared(get(name), get(`${name} bare`)), bareIs, ...(target ? { target } : {}) },
    {
      what: '  against those that change something',
      unit: 's',
      ...compared(get(name), get(`${name} changes`)),
      bareIs: 'node -e 0, then tc -batch and nft -f',
    },
  ];
  const rows: Row[] = [
    { what: 'node -e 0', unit: 's', ...figures(get('node')) },
    ...against('hook, start of a guest, 1 running', 'few', { most: 2.5 }),
    ...against(`hook, start of a guest, ${all} running`, 'many'),
    ...against('the same, each guest with an entry', 'listed'),
    {
      what: `with ${all} running, against 1`,
      unit: 's',
      ...compared(get('many'), get('few')),
      bareIs: 'with 1 running',
      target: { most: 1.5 },
    },
    {
      what: 'the same for its bare counterpart',
      unit: 's',
      ...compared(get('many bare'), get('few bare')),
      bareIs: 'with 1 running',
    },
    {
      what: `with ${all} running and as many entries`,
      unit: 's',
      ...compared(get('listed'), get('few')),
      bareIs: 'with 1 running and 1 entry',
    },
    processes('processes of a start, 1 running', few),
    processes(`processes of a start, ${all} running`, many),
  ];
  const picture = {
    name: 'hook',
    title: 'What the hook spends its time on when a guest starts',
    axis: 'guests running',
  };
  const apart = { '1': few, [all]: many, [`${all}, with entries`]: listed };
  const plot = await takeApart(
    bench,
    bench.scratch,
    picture,
    Object.fromEntries(Object.entries(apart).map(([label, subject]) => [label, starting(subject)])),
  );
  return {
    name: 'hook',
    title: 'A guest starts: how long libvirt waits for the hook',
    rows,
    plots: [plot],
  };
};

function starting({ crowd }: Subject): Apart {
  return { run: (env) => crowd.hook('start', env), undo: () => crowd.hook('stopped') };
}

async function start({ crowd }: Subject): Promise<number> {
  const { seconds } = await crowd.hook('start');
  await crowd.hook('stopped');
  return seconds;
}

/** The kernel ends as it was, so that ours and these take turns. */
async function bareStart({ crowd, bareStop }: Subject, script: string): Promise<number> {
  const { seconds } = await crowd.place.run('sh', [script]);
  await crowd.withoutTap(() => crowd.place.run('sh', [bareStop]));
  return seconds;
}

async function nodeTime({ crowd }: Subject): Promise<number> {
  return (await crowd.place.run(process.execPath, ['-e', '0'])).seconds;
}

function processes(what: string, { processes: { all, work } }: Subject): Row {
  return {
    what,
    unit: 'processes',
    ...figures([all]),
    note: `${work} of them nft, tc and ip; beside sh and Node.js`,
  };
}
