// libvirt's daemon as it is found from outside: by its pid file, if that names a process that is called so.
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findDaemon, readLibvirtVersion } from '../../../src/hooks/daemon.ts';
import type { Run } from '../../../src/system/exec.ts';

let folder: string;
let children: ChildProcess[] = [];
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-daemon-'));
});
test.after.each(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  rmSync(folder, { recursive: true });
});

/** Called so, with its pid in its file. @returns when it began: not before, not after */
async function start(name: string): Promise<[number, number]> {
  copyFileSync('/bin/sleep', join(folder, name));
  const before = Date.now();
  const child = spawn(join(folder, name), ['60'], { stdio: 'ignore' });
  children.push(child);
  const isCalledSo = () => readFileSync(`/proc/${child.pid}/comm`, 'utf8').trim() === name;
  while (!isCalledSo()) await sleep(5);
  writeFileSync(join(folder, `${name}.pid`), `${child.pid}\n`);
  return [before, Date.now()];
}

const pidFile = (daemon: string) => join(folder, `${daemon}.pid`);

test('since when it runs is the time at which it was started', async () => {
  assert.is(findDaemon('qemu', pidFile), undefined);
  const [before, after] = await start('libvirtd');
  await sleep(300);
  const { name, pid, since = 0 } = findDaemon('qemu', pidFile) ?? {};
  assert.equal([name, pid], ['libvirtd', children[0]?.pid]);
  assert.ok(since > before - 100 && since < after + 100, `${since - before} ms`);
});

test('the driver’s own daemon before that of all; that of another driver is not its', async () => {
  await start('libvirtd');
  await start('virtqemud');
  assert.is(findDaemon('qemu', pidFile)?.name, 'virtqemud');
  for (const driver of ['lxc', 'network'] as const) assert.is(findDaemon(driver, pidFile)?.name, 'libvirtd');
});

test('a pid file of a process of another name, or of none, is nobody', async () => {
  for (const text of [String(process.pid), '0', '-1', 'x', '', String(2 ** 22 + 7)]) {
    writeFileSync(pidFile('libvirtd'), text);
    assert.is(findDaemon('qemu', pidFile), undefined, text);
  }
});

test('the version is that of the first program of libvirt’s that says one', async () => {
  const version = (answers: Record<string, string>) => {
    const run: Run = async (program) => {
      const stdout = answers[program];
      if (stdout === undefined) throw new Error('ENOENT');
      return { status: 0, stdout, stderr: '' };
    };
    return readLibvirtVersion(run);
  };
  assert.is(await version({}), undefined);
  assert.is(await version({ virtqemud: 'virtqemud (libvirt) 10.0.0\n' }), '10.0.0');
  assert.is(await version({ libvirtd: 'odd\n', virtlxcd: 'virtlxcd (libvirt) 9.1.12\n' }), '9.1.12');
  assert.is(await version({ libvirtd: '6.4.0', virtqemud: '7.0.0' }), '6.4.0');
});

test.run();
