// What is asked again where nothing was to do the last time: the same questions, answered alike, or all is read and
// understood. Whatever the file says, nothing is run that could change something.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Interview, isAsSeen, keepSeen, readQuestions } from '../../../src/load/answer-cache.ts';
import type { Outcome, Run } from '../../../src/system/exec.ts';

const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-seen-'));
const file = join(folder, 'as-seen');
test.before.each(() => rmSync(file, { force: true }));
test.after(() => rmSync(folder, { recursive: true }));

const rules = { 'ruleset.nft': 'a', 'shape.tc': 'b', 'devices.ip': 'c', 'settings.sysctl': 'd' };
const asked = [
  { command: 'nft', args: ['-s', 'list', 'table', 'bridge', 'virt-shaper'], input: '' },
  {
    command: 'tc',
    args: ['-j', '-force', '-batch', '-'],
    input: 'qdisc show\nfilter show dev vnet0 egress\n',
  },
  { command: 'tc', args: ['-d', '-force', '-batch', '-'], input: 'class show dev eth0\n' },
  { command: 'tc', args: ['filter', 'show', 'dev', 'vnet0', 'egress'], input: '' },
];

/** @param change of what each question is answered */
async function interview(change: Partial<Outcome> = {}, of = asked.length - 1): Promise<Interview> {
  let number = 0;
  const answer = { status: 0, stdout: '', stderr: '' };
  const run: Run = async () => ({
    ...answer,
    stdout: `answer ${number}`,
    ...(number++ === of ? change : {}),
  });
  const questions = new Interview(run);
  for (const { command, args, input } of asked) await questions.run(command, args, { input });
  return questions;
}

test('a question is asked once, and its failure is heard by who waits for it', async () => {
  const list: string[] = [];
  const run: Run = async (command, args, { input = '' } = {}) => {
    list.push([command, ...args, input].join(' '));
    if (command === 'nft') throw new Error('no nft');
    return { status: 0, stdout: String(list.length), stderr: '' };
  };
  const questions = new Interview(run);
  for (const args of [['a'], ['a'], ['b']]) await questions.run('tc', args);
  assert.is((await questions.run('tc', ['a'])).stdout, '1');
  await questions.run('tc', ['a'], { input: 'x' });
  assert.equal(list, ['tc a ', 'tc b ', 'tc a x']);
  assert.is((await questions.all()).length, 3);
  questions.run('nft', []).catch(() => {});
  const error = await questions.all().catch((thrown) => thrown);
  assert.is(error.message, 'no nft');
});

test('the questions are those of the last time, for these rules', async () => {
  assert.is(readQuestions(file, rules), undefined);
  await keepSeen(file, rules, await interview());
  assert.equal(readQuestions(file, rules), asked);
  for (const name of Object.keys(rules))
    assert.is(readQuestions(file, { ...rules, [name]: 'x' }), undefined, name);
  writeFileSync(file, `x${readFileSync(file, 'utf8')}`);
  assert.is(readQuestions(file, rules), undefined, 'of another version');
});

test('every answer counts, by all that it is', async () => {
  await keepSeen(file, rules, await interview());
  assert.ok(await isAsSeen(file, rules, await interview()));
  for (let of = 0; of < asked.length; of += 1) {
    for (const change of [{ status: 1 }, { stdout: 'x' }, { stderr: 'x' }])
      assert.not(await isAsSeen(file, rules, await interview(change, of)), `${of} ${JSON.stringify(change)}`);
  }
  assert.not(await isAsSeen(file, { ...rules, 'shape.tc': 'x' }, await interview()));
  assert.not(await isAsSeen(`${file}x`, rules, await interview()));
});

test('what traffic alone changes does not count', async () => {
  const shown = (flow: number, direct: number, ceil = '2Mbit') =>
    `class htb 1:10 root rate 1Mbit ceil ${ceil}\nclass fq_codel 10:${flow} parent 10:\n` +
    `qdisc htb 1: dev eth0 root direct_packets_stat ${direct} direct_qlen 1000\n[{"direct_packets_stat":${direct}}]\n`;
  await keepSeen(file, rules, await interview({ stdout: shown(1, 5) }));
  assert.ok(await isAsSeen(file, rules, await interview({ stdout: shown(9, 77) })));
  assert.not(await isAsSeen(file, rules, await interview({ stdout: shown(1, 5, '3Mbit') })));
});

test('whatever stands in the file, nothing is run that is no question', async () => {
  await keepSeen(file, rules, await interview());
  const whole = readFileSync(file, 'utf8');
  for (const [from, to] of [
    ['nft -s list table bridge virt-shaper', 'nft flush ruleset'],
    ['nft -s list table bridge virt-shaper', 'nft -s list table bridge virt-shaper ; flush'],
    ['nft -s list table bridge virt-shaper', 'reboot'],
    ['nft -s list table bridge virt-shaper', 'x nft -s list table bridge virt-shaper'],
    ['tc -d -force -batch -', 'tc -d -force -batch /x'],
    ['tc -d -force -batch -', 'tc -f -force -batch -'],
    ['tc filter show dev vnet0 egress', 'tc filter del dev vnet0 egress'],
    ['class show dev eth0\n', 'qdisc del dev eth0 root\n'],
    ['class show dev eth0\n', 'class show dev eth0\nqdisc del dev eth0 root\n'],
    ['class show dev eth0\n', 'qdisc del dev eth0 root\nclass show dev eth0\n'],
    ['class show dev eth0\n', 'class show dev eth0'],
    ['class show dev eth0\n', 'class shows dev eth0\n'],
  ] as const) {
    assert.ok(whole.includes(from));
    writeFileSync(
      file,
      whole.replace(from, () => to),
    );
    assert.is(readQuestions(file, rules), undefined, to);
  }
  for (let length = 0; length < whole.length; length += 1) {
    writeFileSync(file, whole.slice(0, length));
    const questions = readQuestions(file, rules);
    if (questions) assert.equal(questions, asked.slice(0, questions.length), `${length}`);
  }
});

test.run();
