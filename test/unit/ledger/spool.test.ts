import { mkdtempSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  dropSpooled,
  listSpool,
  openSpool,
  readSpooled,
  type SpoolQuestion,
} from '../../../src/ledger/spool.ts';

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-spool-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

const one = (device: string, id: string): SpoolQuestion => ({
  device,
  id,
  fate: 'goes',
  classes: { [id]: { subject: 'guest cliff', fate: 'goes' } },
});
const htb = (id: string, bytes: number) =>
  `class htb ${id} parent 1:1 prio 0 rate 1Mbit ceil 1Mbit \n Sent ${bytes} bytes 3 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\n\n`;
const apart = 'qdisc noqueue 0: root refcnt 2 \n Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n';

function spool(questions: SpoolQuestion[], text: string, isDone: boolean): string[][] {
  const spooled = openSpool(folder, questions);
  if (!spooled) throw new Error('no spool');
  writeSync(spooled.fd, text);
  spooled.end(isDone);
  const [name = ''] = listSpool(folder);
  return (readSpooled(folder, name)?.classes ?? []).map(({ device, id, bytes, fate, owner }) =>
    [device, id, bytes, typeof fate === 'object' ? fate.subject : fate, owner?.subject].map(String),
  );
}

test('each answer is that of its device, which tc does not name', () => {
  const questions: SpoolQuestion[] = [one('eth0', '1:10'), { device: 'eth1', fate: 'goes', classes: {} }];
  assert.equal(spool(questions, htb('1:10', 5) + apart + htb('1:10', 7) + htb('1:11', 8) + apart, true), [
    ['eth0', '1:10', '5', 'goes', 'guest cliff'],
    ['eth1', '1:10', '7', 'goes', 'undefined'],
    ['eth1', '1:11', '8', 'goes', 'undefined'],
  ]);
});

test('a tree that was listed whole before it went is gone with all of its classes, a single class is not', () => {
  const questions: SpoolQuestion[] = [
    one('eth0', '1:10'),
    { device: 'eth1', fate: 'goes', classes: {} },
    { device: 'eth2', fate: 'stays', classes: {} },
  ];
  const wholeOf = (isDone: boolean) => {
    const spooled = openSpool(folder, questions);
    if (!spooled) throw new Error('no spool');
    writeSync(spooled.fd, htb('1:10', 5) + apart + htb('1:10', 7) + apart + htb('1:11', 8) + apart);
    spooled.end(isDone);
    const [name = ''] = listSpool(folder);
    const { whole } = readSpooled(folder, name) ?? {};
    rmSync(join(folder, name));
    return whole;
  };
  assert.equal(wholeOf(true), ['eth1']);
  assert.equal(wholeOf(false), [], 'of a batch that was broken off nobody knows');
});

test('what a broken-off batch has answered counts, and nobody is taken for gone', () => {
  const questions = [one('eth0', '1:10'), one('ifb-eth0', '2:10')];
  assert.equal(spool(questions, htb('1:10', 5) + apart, false), [
    ['eth0', '1:10', '5', 'stays', 'guest cliff'],
  ]);
  assert.match(listSpool(folder)[0] ?? '', '.open');
});

test('nor is what was answered of one uplink that of another, which has classes of the same ids', () => {
  const uplinks = [one('eth0', '1:10'), one('eth1', '1:10')];
  const first = ['eth0', '1:10', '5', 'stays', 'guest cliff'];
  assert.equal(spool(uplinks, htb('1:10', 5) + apart, false), [first]);
  rmSync(join(folder, listSpool(folder)[0] ?? ''));
  const whole: SpoolQuestion[] = ['eth0', 'eth1'].map((device) => ({ device, fate: 'goes', classes: {} }));
  const unnamed = [...first.slice(0, 4), 'undefined'];
  assert.equal(spool(whole, htb('1:10', 5) + apart, false), [unnamed]);
});

test('more answers than questions are of something else, so none of them counts', () => {
  const questions = [one('eth0', '1:10'), one('ifb-eth0', '2:10')];
  assert.equal(spool(questions, htb('1:10', 5) + apart + htb('2:10', 6) + apart + apart, true), []);
});

test('a figure that was cut off is none', () => {
  assert.equal(spool([one('eth0', '1:10')], htb('1:10', 123456).slice(0, 70), false), []);
});

test('where lo is down, classes that were asked for one by one are told by their ids', () => {
  const questions = [one('eth0', '1:10'), one('ifb-eth0', '2:10')];
  assert.equal(spool(questions, htb('1:10', 5) + htb('2:10', 6), true), [
    ['eth0', '1:10', '5', 'goes', 'guest cliff'],
    ['ifb-eth0', '2:10', '6', 'goes', 'guest cliff'],
  ]);
});

test('batches are listed in the order in which they were done', () => {
  const names = [7, 100, 3, 20, 15, 1, 30, 9, 400, 8, 2, 11].map((at) => String(at).padStart(17, '0'));
  for (const [index, name] of names.entries())
    writeFileSync(join(folder, index % 3 === 0 ? `${name}.open` : name), '');
  const listed = listSpool(folder).map((name) => name.slice(0, 17));
  assert.equal(listed, names.toSorted());
  assert.equal(listSpool(join(folder, 'none')), []);
});

test('what is none of ours in the folder is left alone, and what is damaged says nothing', () => {
  for (const [name, text] of [
    ['00000000000000001', ''],
    ['00000000000000002', '{\n'],
    ['x', 'y'],
  ] as const)
    writeFileSync(join(folder, name), text);
  assert.equal(listSpool(folder), ['00000000000000001', '00000000000000002']);
  assert.equal(
    listSpool(folder).map((name) => readSpooled(folder, name)),
    [undefined, undefined],
  );
  dropSpooled(folder, listSpool(folder));
  assert.equal(readdirSync(folder), ['x']);
});

test.run();
