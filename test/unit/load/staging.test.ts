// What is staged and has to go again: of the steps that were done each the other way round, and where it is not known which
// were, no clsact, which may be somebody else's.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addStep, changeStep } from '../../../src/diff/steps.ts';
import { emptyState, makeObject, type State, type TcObject } from '../../../src/kernel/objects.ts';
import { Staging } from '../../../src/load/staging.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { Failure } from '../../../src/system/errors.ts';
import type { Outcome, Run } from '../../../src/system/exec.ts';

const root = mkdtempSync(join(tmpdir(), 'virt-shaper-staging-'));
const journal = join(root, 'journal');
test.before.each(() => mkdirSync(journal));
test.after.each(() => rmSync(journal, { recursive: true, force: true }));
test.after(() => rmSync(root, { recursive: true }));

const clsact = makeObject('clsact', 'vnet0', 'clsact', {});
const leaf = makeObject('leaf', 'eth0', '1:10', { kind: 'bfifo', handle: '10:' });
const [high, low] = [9000, 8000].map((limit) =>
  makeObject('leaf', 'eth0', '1:11', { kind: 'bfifo', handle: '11:', limit }),
);
assert.ok(high && low);
const former: State = { ...emptyState(), objects: new Map([[low.key, low]]) };
const steps = [addStep(clsact), changeStep(high), addStep(leaf)];

interface Undone {
  said: string;
  lines: string[];
  isJournalKept: boolean;
}

/** @param tc what it answers to the steps @param undo what to those that take them back */
async function undone(tc: Partial<Outcome> | Error, list = steps, undo = tc): Promise<Undone> {
  let lines: string[] = [];
  const run: Run = async (_tool, args) => {
    const file = args.at(-1) ?? '';
    const isUndo = basename(file) === 'undo.batch';
    if (isUndo) lines = readFileSync(file, 'utf8').trim().split('\n');
    const answer = isUndo ? undo : tc;
    if (answer instanceof Error) throw answer;
    return { status: 0, stdout: '', stderr: '', ...answer };
  };
  const staging = new Staging({ ...makePaths({ root }), run, journal }, list, former);
  let said = '';
  try {
    assert.is(await staging.run(() => 'meanwhile'), 'meanwhile');
  } catch (error) {
    said = (error as Error).message;
    assert.is(error instanceof Failure, !(tc instanceof Error));
  }
  await staging.undo();
  return { said, lines, isJournalKept: existsSync(journal) };
}

const failedAt = (line: number) => ({
  status: 1,
  stderr: `Error: no memory.\nCommand failed stage.tc:${line}\n`,
});
const back = [
  'qdisc del dev eth0 parent 1:10',
  'qdisc change dev eth0 parent 1:11 handle 11: bfifo limit 8000',
  'qdisc del dev vnet0 clsact',
];

test('all that was done goes, the last first, and what was changed is as it was', async () => {
  assert.equal(await undone({}), { said: '', lines: back, isJournalKept: false });
  for (const [line, done] of [
    [4, back],
    [3, back.slice(1)],
    [2, back.slice(2)],
    [1, []],
  ] as const)
    assert.equal(
      await again(failedAt(line)),
      { said: 'tc refused: Error: no memory.', lines: done, isJournalKept: false },
      `${line}`,
    );
});

async function again(...args: Parameters<typeof undone>): Promise<Undone> {
  mkdirSync(journal, { recursive: true });
  return undone(...args);
}

test('where tc did not end nobody knows what it has done: the clsact stays, and the journal, which says so', async () => {
  const said = 'no such program';
  assert.equal(await undone(new Error(said), steps, {}), {
    said,
    lines: back.slice(0, 2),
    isJournalKept: true,
  });
  assert.equal(await again(new Error(said), steps.slice(0, 1)), { said, lines: [], isJournalKept: true });
});

const htb = { rate: 1e6, ceil: 9e6, burst: 15000, cburst: 15000, quantum: 15000, mpu: 0, overhead: 0 };
const made = { ...makeObject('class', 'eth0', '1:10', htb), parent: '1:1' };
const bursts = 'linklayer ethernet burst 15000b/1 mpu 0b cburst 15000b/1 mpu 0b level 0';
const shown = `class htb 1:10 parent 1:1 leaf 10: prio 0 quantum 15000 rate 1Mbit ceil 9Mbit ${bursts}\n`;
const [mark, other] = ['0x76730010', '0x76730020'];
const filter = (of: string) => makeObject('filter', 'vnet0', of, { match: 'fw', to: 'ifb-eth0' });
const answer = (of: string, to = 'ifb-eth0') =>
  [
    'filter protocol all pref 30323 fw chain 0',
    `filter protocol all pref 30323 fw chain 0 handle ${of}`,
    `\taction order 1: mirred (Egress Redirect to device ${to}) stolen\n`,
  ].join('\n');

test('what tc has made is what was wanted, each class and each filter; else it fails, and all of it goes', async () => {
  const said = async (object: TcObject, stdout: string) =>
    (await again({ stdout }, [addStep(object)])).said.replace(/ "(class|filter) .*"$/, ' $1');
  const wrong = (kind: string) => `tc made something else of ${kind}`;
  assert.is(await said(made, shown), '');
  for (const answered of [
    '',
    shown.replace('1:10', '1:11'),
    shown.replace('parent 1:1 ', 'root '),
    shown.replace('9Mbit', '8Mbit'),
    shown.replace('prio 0', 'prio 3'),
  ])
    assert.is(await said(made, answered), wrong('class'), answered);
  assert.is(await said(filter(mark), answer(mark)), '');
  assert.is(await said(filter(mark), answer(other) + answer(mark)), '', 'beside that of another');
  for (const answered of ['', answer(other), answer(mark, 'ifb-eth1'), answer(mark) + answer(mark)])
    assert.is(await said(filter(mark), answered), wrong('filter'), answered);
  const two = [addStep(made), addStep(filter(mark)), addStep(filter(other))];
  assert.is((await again({ stdout: shown + answer(other) + answer(mark) }, two)).said, '');
  const failed = await again({ stdout: shown + answer(mark) }, two);
  assert.match(failed.said, other);
  assert.equal([failed.lines.length, failed.isJournalKept], [3, false]);
});

test('in the same batch tc is asked for each class and each tap that it has made filters of, and for nothing else', async () => {
  const batch = async (...list: typeof steps) => {
    mkdirSync(journal, { recursive: true });
    const batches: string[][] = [];
    const run: Run = async (_tool, args) => {
      batches.push(
        readFileSync(args.at(-1) ?? '', 'utf8')
          .trim()
          .split('\n'),
      );
      return failedAt(1) as Outcome;
    };
    const staging = new Staging({ ...makePaths({ root }), run, journal }, list, former);
    await staging.run(() => {}).catch(() => {});
    assert.is(batches.length, 1);
    return batches[0]?.slice(list.length);
  };
  assert.equal(await batch(...steps), []);
  assert.equal(await batch(addStep(made), addStep(filter(mark)), addStep(filter(other))), [
    'class show dev eth0 classid 1:10',
    'filter show dev vnet0 egress',
  ]);
  const elsewhere = { ...made, device: 'ifb-eth0', id: '2:10' };
  const second = makeObject('filter', 'vnet1', other, { match: 'fw', to: 'ifb-eth0' });
  assert.equal(await batch(addStep(made), addStep(elsewhere), addStep(filter(mark)), addStep(second)), [
    'class show dev eth0 classid 1:10',
    'class show dev ifb-eth0 classid 2:10',
    'filter show dev vnet0 egress',
    'filter show dev vnet1 egress',
  ]);
  assert.equal(await batch(changeStep(made)), [], 'what was there is not asked for');
});

test('an undo that fails is none that throws, and without steps tc is not asked', async () => {
  assert.equal(await undone({}, steps, new Error('gone')), { said: '', lines: back, isJournalKept: false });
  assert.equal(await again(new Error('asked'), []), { said: '', lines: [], isJournalKept: false });
});

test.run();
