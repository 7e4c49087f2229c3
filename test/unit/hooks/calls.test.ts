// Calls of libvirt that wait to become one load: read as they were laid down, in their order, answered once; what others
// could have laid there is none, and what nobody waits for goes.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maxDomainXml } from '../../../src/guests/domain-xml.ts';
import { answer, type Call, readCall, readWaiting, removeCall } from '../../../src/hooks/calls.ts';

let folder: string;
test.before.each(() => {
  // Not below tmpdir(), which in a run of all tests is root's alone: another user reads calls here.
  folder = mkdtempSync('/tmp/virt-shaper-calls-');
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

/** @param age seconds since it was laid down */
function lay(name: string, text: string, age = 0): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  const at = Date.now() / 1000 - age;
  utimesSync(file, at, at);
  return file;
}

const own = process.pid;
/** No process has it. */
const dead = 2 ** 22 + 7;

test('a call is its driver, operation, name and XML', () => {
  const xml = '<domain>\n<name>a</name>\n</domain>\n';
  const file = lay('7.qemu', `start\na b\n${xml}`);
  assert.equal(readCall(file), { file, driver: 'qemu', operation: 'start', name: 'a b', xml });
  const alone = lay('7.alone.lxc', 'stopped\na\n');
  assert.equal(readCall(alone), { file: alone, driver: 'lxc', operation: 'stopped', name: 'a', xml: '' });
});

test('anything else is none', () => {
  for (const [name, text] of [
    ['7.xen', 'start\na\n'],
    ['x.qemu', 'start\na\n'],
    ['7.answer', 'start\na\n'],
    ['7.other.qemu', 'start\na\n'],
    ['7.qemu', ''],
    ['7.qemu', 'start'],
    ['7.qemu', 'migrate\na\n'],
  ] as const)
    assert.is(readCall(lay(name, text)), undefined, `${name}: ${text}`);
  assert.is(readCall(join(folder, '8.qemu')), undefined, 'not there');
  assert.is(readCall(join(folder, 'gone', '8.qemu')), undefined, 'nor its folder');
});

test('nor what others than root could have written, or laid there', () => {
  const file = lay('7.qemu', 'start\na\n');
  chmodSync(file, 0o602);
  assert.is(readCall(file), undefined);
  chmodSync(file, 0o600);
  symlinkSync(file, join(folder, '8.qemu'));
  assert.is(readCall(join(folder, '8.qemu')), undefined);
  assert.ok(readCall(file));
  execFileSync('mkfifo', ['-m', '600', join(folder, '9.qemu')]);
  assert.is(readCall(join(folder, '9.qemu')), undefined, 'which would wait for a writer');
});

test('a folder that others can write is closed to them, and what they have laid there is not believed', () => {
  const file = lay('7.qemu', 'start\na\n');
  const theirs = lay('8.qemu', 'start\nb\n');
  chmodSync(theirs, 0o666);
  chmodSync(folder, 0o777);
  assert.ok(readCall(file));
  assert.is(readCall(theirs), undefined);
  assert.is(statSync(folder).mode & 0o777, 0o700);
});

test('who runs it without being root has a folder and calls of his own, and of root', () => {
  if (process.geteuid?.() !== 0) return assert.ok(readCall(lay('7.qemu', 'start\na\n')));
  const nobody = 65_534;
  const file = lay('7.qemu', 'start\na\n');
  const isRead = (user: number) => {
    process.seteuid?.(user);
    try {
      return readCall(file) !== undefined;
    } finally {
      process.seteuid?.(0);
    }
  };
  const has = (owner: number) => {
    for (const one of [folder, file]) chownSync(one, owner, owner);
  };
  has(nobody);
  assert.equal([isRead(nobody), isRead(0)], [true, false]);
  has(0);
  chmodSync(folder, 0o755);
  chmodSync(file, 0o644);
  assert.equal([isRead(nobody), isRead(0)], [true, true]);
  has(nobody - 1);
  assert.equal([isRead(nobody), isRead(0)], [false, false]);
});

const waiting = () => readWaiting(folder).map(({ operation, name }) => `${operation} ${name}`);

test('those that wait, as they came, and stops before starts', () => {
  lay(`${own}.qemu`, 'start\nlate\n', 1);
  lay('2.qemu', 'start\nearly\n', 9);
  lay('3.lxc', 'stopped\nlate\n', 0);
  lay('4.qemu', 'stopped\nother\n', 5);
  lay('lock', '', 500);
  assert.equal(waiting(), ['stopped other', 'stopped late', 'start early', 'start late']);
});

test('of an XML that is too large no more is read than tells so, and of many that are large not all at once', () => {
  const xml = 'ü'.repeat(1_500_000);
  const call = readCall(lay('7.qemu', `start\na\n${xml}`)) as Call;
  assert.ok(Buffer.byteLength(call.xml) > maxDomainXml && call.xml.length < maxDomainXml);
  for (let number = 8; number < 60; number += 1) lay(`${number}.qemu`, `start\na${number}\n${xml}`);
  const all = readWaiting(folder);
  assert.ok(
    all.length > 1 && all.reduce((sum, one) => sum + one.xml.length, 0) < 20 * maxDomainXml,
    `${all.length}`,
  );
  for (const one of all) removeCall(one.file);
  assert.ok(readWaiting(folder).length > 1, 'the others are there for who comes next');
});

test('what has its answer waits no more', () => {
  const call = readCall(lay('5.qemu', 'start\na\n')) as Call;
  lay('6.qemu', 'start\nb\n');
  answer(call, 1, ['not shaped', 'really']);
  assert.is(readFileSync(join(folder, '5.answer'), 'utf8'), '1\nnot shaped\nreally\n');
  assert.equal(waiting(), ['start b']);
  assert.equal(readdirSync(folder).sort(), ['5.answer', '6.qemu']);
  // Killed between the two: the answer counts.
  lay('5.qemu', 'start\na\n');
  assert.equal(waiting(), ['start b']);
});

test('what nobody waits for goes; what somebody waits for stays, however old or of what clock', () => {
  lay(`${dead}.qemu`, 'start\ndead\n', 121);
  lay(`${dead}.answer`, '0\n', 121);
  mkdirSync(join(folder, `${dead + 1}.qemu`));
  utimesSync(join(folder, `${dead + 1}.qemu`), 1, 1);
  lay(`${dead + 2}.qemu`, 'start\nahead\n', -3600);
  lay(`${own}.qemu`, 'start\npatient\n', 3600);
  lay(`${dead + 3}.qemu`, 'start\nyoung\n', 100);
  lay('lock', '', 3600);
  assert.equal(waiting(), ['start patient', 'start young']);
  assert.equal(readdirSync(folder).sort(), [`${own}.qemu`, `${dead + 3}.qemu`, 'lock'].sort());
});

test('a call that is gone already can be removed', () => {
  const file = lay('5.qemu', 'start\na\n');
  removeCall(file);
  assert.not.ok(existsSync(file));
  removeCall(file);
});

test.run();
