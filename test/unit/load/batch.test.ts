// Steps run as batches: which of them failed, what a tap that vanished costs, and that a warning is a failure.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ip, type Step } from '../../../src/diff/steps.ts';
import { makeObject, type TcKind } from '../../../src/kernel/objects.ts';
import type { Verb } from '../../../src/kernel/tc/print.ts';
import { runSteps } from '../../../src/load/batch.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { Failure } from '../../../src/system/errors.ts';
import type { Outcome, Run } from '../../../src/system/exec.ts';

const journal = mkdtempSync(join(tmpdir(), 'virt-shaper-batch-'));
test.after(() => rmSync(journal, { recursive: true }));

interface Call {
  tool: string;
  file: string;
  lines: string[];
}

/** Each batch answers what comes next; the last answer stays. */
function answers(...list: Partial<Outcome>[]): { run: Run; calls: Call[] } {
  const calls: Call[] = [];
  const run: Run = async (tool, args) => {
    const file = args.at(-1) ?? '';
    calls.push({ tool, file: basename(file), lines: readFileSync(file, 'utf8').split('\n').filter(Boolean) });
    const next = list.length > 1 ? list.shift() : list[0];
    return { status: 0, stdout: '', stderr: '', ...next };
  };
  return { run, calls };
}

function steps(run: Run, list: Step[]): Promise<Step[]> {
  return runSteps({ ...makePaths({ root: journal }), run, journal }, 'stage', list);
}

async function failure(run: Run, list: Step[]): Promise<Failure> {
  try {
    await steps(run, list);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const step = (kind: TcKind, line: string, verb: Verb = 'add'): Step => {
  const text = line.replace(`class ${verb}`, 'class add');
  const place = { at: { file: 'shape.tc', line: 1, column: 1 }, text };
  return {
    tool: 'tc',
    line,
    verb,
    object: { ...makeObject(kind, 'vnet0', '1:10', {}), place, subject: 'guest cliff' },
  };
};
const tc = (line: string): Step => ({ tool: 'tc', line });

test('as few batches as there are turns of the tool, in order', async () => {
  const { run, calls } = answers({});
  assert.equal(await steps(run, [ip('a'), ip('b'), tc('c'), tc('d'), ip('e')]), []);
  assert.equal(calls, [
    { tool: 'ip', file: 'stage-1.ip', lines: ['a', 'b'] },
    { tool: 'tc', file: 'stage-2.tc', lines: ['c', 'd'] },
    { tool: 'ip', file: 'stage-3.ip', lines: ['e'] },
  ]);
  const none = answers({});
  assert.equal(await steps(none.run, []), []);
  assert.equal(none.calls, []);
});

test('a warning with status 0 is a failure', async () => {
  const { run } = answers({
    stderr: 'Warning: sch_htb: quantum of class 10010 is big. Consider r2q change.\n',
  });
  assert.match((await failure(run, [step('class', 'class add x')])).message, 'quantum of class 10010 is big');
});

test('of another warning with status 0 the kernel decides', async () => {
  const { run } = answers({ stderr: 'Warning: this option will go away in a later version.\n' });
  assert.equal(await steps(run, [tc('a')]), []);
});

test('a status without a word is a failure too', async () => {
  const { message } = await failure(answers({ status: 2 }).run, [tc('a')]);
  assert.match(message, 'tc refused to "a": ended with status 2');
});

test('the line that failed is named, with whose it is; those after it are not run', async () => {
  const { run, calls } = answers({ status: 1, stderr: 'Error: Exclusivity flag on.\nCommand failed x:2\n' });
  const { message } = await failure(run, [
    step('class', 'one'),
    step('class', 'two'),
    step('class', 'three'),
    ip('four'),
  ]);
  assert.is(message, 'guest cliff: tc refused: Error: Exclusivity flag on.');
  assert.is(calls.length, 1);
  const changed = await failure(answers({ status: 1, stderr: 'No\nCommand failed x:1\n' }).run, [
    step('class', 'class change one', 'change'),
  ]);
  assert.is(changed.message, 'guest cliff: tc refused to "class change one": No');
});

test('what is to be taken from a tap that came again without it is gone already; of a class it is a failure', async () => {
  const gone = { status: 1, stderr: 'Error: Invalid handle.\nCommand failed x:1\n' };
  const { run, calls } = answers(gone, {});
  const clsact = step('clsact', 'qdisc del dev vnet0 clsact', 'del');
  assert.equal(await steps(run, [clsact, step('class', 'two')]), []);
  assert.equal(calls.at(-1)?.lines, ['two']);
  const added = await failure(answers(gone).run, [step('clsact', 'qdisc add dev vnet0 clsact')]);
  assert.match(added.message, 'Invalid handle');
  const other = step('class', 'class del dev eth0 classid 1:10', 'del');
  assert.match((await failure(answers(gone).run, [other])).message, 'Invalid handle');
});

for (const said of ['Cannot find device "vnet0"', 'RTNETLINK answers: No such device']) {
  test(`a tap that vanished costs its own steps only: ${said}`, async () => {
    const gone = { status: 1, stderr: `${said}\nCommand failed x:2\n` };
    for (const kind of ['clsact', 'filter'] as const) {
      const { run, calls } = answers(gone, {});
      const list = [step('class', 'one'), step(kind, 'two'), step('class', 'three')];
      assert.equal(await steps(run, list), [list[1]]);
      assert.equal(
        calls.map(({ lines, file }) => [file, ...lines]),
        [
          ['stage-1.tc', 'one', 'two', 'three'],
          ['stage-2.tc', 'three'],
        ],
      );
    }
    await failure(answers(gone, {}).run, [step('class', 'one'), step('class', 'two')]);
    const twice = answers(
      { ...gone, stderr: `${said}\nCommand failed x:1\n` },
      { ...gone, stderr: `${said}\nCommand failed x:1\n` },
      {},
    );
    assert.is((await steps(twice.run, [step('clsact', 'one'), step('filter', 'two')])).length, 2);
  });
}

test('what is asked of a class that is gone already costs no step', async () => {
  const gone = { status: 1, stderr: 'Error: Class not found.\nCommand failed x:1\n' };
  const { run, calls } = answers(gone, {});
  const list = [step('class', 'class del dev vnet0 classid 1:10', 'del'), step('class', 'two')];
  assert.equal(await steps(run, list), []);
  const [first, second, ...more] = calls.map(({ lines }) => lines);
  assert.match(first?.[0] ?? '', /^class show dev vnet0 classid 1:10$/);
  assert.equal(second, first?.slice(1), 'all that came after the question');
  assert.equal(second?.slice(-2), ['class del dev vnet0 classid 1:10', 'two']);
  assert.equal(more, []);
});

test('another failure on a tap is one', async () => {
  const { message } = await failure(
    answers({ status: 1, stderr: 'No such file\nCommand failed x:1\n' }).run,
    [step('filter', 'one')],
  );
  assert.match(message, 'No such file');
});

test.run();
