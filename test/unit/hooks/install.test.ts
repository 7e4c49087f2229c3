// What install and remove do to the files in libvirt's folder, and how those are looked at: in a folder of their own.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readsFolders } from '../../../src/hooks/daemon.ts';
import { makeHookCommand } from '../../../src/hooks/hook-file.ts';
import { hookText } from '../../../src/hooks/hook-script.ts';
import { inspectDriver } from '../../../src/hooks/inspect.ts';
import { installHook, removeHook } from '../../../src/hooks/install.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { Failure } from '../../../src/system/errors.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-hooks-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const inFolder = 'qemu.d/50-virt-shaper';
const paths = () => makePaths({ root });
const command = () => makeHookCommand(['/usr/bin/node', '/usr/sbin/virt-shaper'], paths());
const text = () => hookText('qemu', command());
const file = (name: string) => join(paths().libvirtHooks, name);
const look = (folders = true) => inspectDriver(paths(), 'qemu', folders);
const install = (folders = true) => installHook(look(folders), text(), command());

function put(name: string, content: string, mode = 0o755): void {
  mkdirSync(dirname(file(name)), { recursive: true });
  writeFileSync(file(name), content);
  chmodSync(file(name), mode);
}

function failure(work: () => unknown): { message: string; hint: string | undefined } {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('nothing was refused');
}

test('one is installed whole and executable, and nothing is left beside it', () => {
  assert.equal([look().place.whose, look().place.since], ['nobody', 0]);
  assert.is(install(), `${file(inFolder)} installed`);
  assert.is(readFileSync(file(inFolder), 'utf8'), text());
  assert.is(statSync(file(inFolder)).mode & 0o777, 0o755);
  assert.equal(readdirSync(paths().libvirtHooks), ['qemu.d']);
  const { place, others } = look();
  assert.equal([place.whose, place.executable, place.broken, others], ['ours', true, undefined, []]);
  assert.is(install(), undefined, 'the second time');
});

test('one of another program is brought up to date, one without its x bit gets it back', () => {
  put(inFolder, hookText('qemu', makeHookCommand(['/opt/node', '/opt/virt-shaper'], paths())));
  assert.is(install(), `${file(inFolder)} brought up to date`);
  assert.is(readFileSync(file(inFolder), 'utf8'), text());
  chmodSync(file(inFolder), 0o644);
  assert.not.ok(look().place.executable);
  assert.is(install(), `${file(inFolder)} made executable`);
  assert.is(statSync(file(inFolder)).mode & 0o777, 0o755);
});

test('an older libvirt runs the one file only; ours of the other age goes as the new one comes', () => {
  assert.equal(['6.4.9', '6.5.0', '5.10.0', '7.0.0', '10.2.0', undefined].map(readsFolders), [
    false,
    true,
    false,
    true,
    true,
    true,
  ]);
  install(false);
  assert.is(readFileSync(file('qemu'), 'utf8'), text());
  assert.equal(readdirSync(paths().libvirtHooks), ['qemu']);
  assert.is(look().former.whose, 'ours');
  install();
  assert.not.ok(existsSync(file('qemu')));
  assert.is(look().place.whose, 'ours');
  put('qemu', '#!/bin/sh\nexit 0\n');
  rmSync(file(inFolder));
  install();
  assert.ok(existsSync(file('qemu')), 'one of somebody else stays');
});

test('what is not ours, or was edited, is not replaced, and it is said what to do', () => {
  put(inFolder, '#!/bin/sh\nexit 1\n');
  const foreign = failure(install);
  assert.is(foreign.message, `${file(inFolder)} is there, and not of virt-shaper`);
  assert.is(foreign.hint, `move it out of ${dirname(file(inFolder))}, and once more`);
  put(inFolder, `${text()}\n# mine\n`);
  const edited = failure(install);
  assert.is(edited.message, `${file(inFolder)} was edited since it was installed`);
  assert.match(edited.hint ?? '', /^for the original: rm /);
  put('qemu', '#!/bin/sh\nexit 1\n');
  assert.match(failure(() => install(false)).hint ?? '', 'let it end with this line:\n');
  assert.is(readFileSync(file('qemu'), 'utf8'), '#!/bin/sh\nexit 1\n');
});

test('a file of our name that holds no script is damaged, and made anew', () => {
  for (const content of ['', '\0\0\0', 'exit 0\n']) {
    put(inFolder, content);
    assert.is(look().place.whose, 'damaged', content);
  }
  assert.ok(look().place.broken);
  install();
  assert.is(look().place.whose, 'ours');
  // One that libvirt ran before is somebody's, whatever is in it.
  put('qemu', '');
  assert.is(look(false).place.whose, 'foreign');
});

test('remove takes ours and what is damaged, the folder when it is empty, and nothing else', () => {
  install();
  assert.equal(removeHook(look()), { removed: [file(inFolder)], left: [] });
  assert.equal(readdirSync(paths().libvirtHooks), []);
  put(inFolder, '');
  put('qemu.d/60-mine', '#!/bin/sh\n');
  assert.equal(removeHook(look()), { removed: [file(inFolder)], left: [] });
  assert.equal(readdirSync(file('qemu.d')), ['60-mine']);
  put('qemu', text());
  put(inFolder, `${text()}\n`);
  assert.equal(removeHook(look()), { removed: [file('qemu')], left: [file(inFolder)] });
  assert.ok(existsSync(paths().libvirtHooks), 'libvirt’s own folder stays');
  put(inFolder, '#!/bin/sh\nexit 1\n');
  assert.equal(removeHook(look()), { removed: [], left: [] });
  assert.equal(removeHook(inspectDriver(paths(), 'lxc', true)), { removed: [], left: [] });
});

test('what else libvirt runs is what is executable, in its order; what Linux cannot run says why', () => {
  put('qemu', '#!/bin/sh\n');
  put('qemu.d/90-late', '#!/bin/sh\n');
  put('qemu.d/10-early', '');
  put('qemu.d/README', 'text\n', 0o644);
  mkdirSync(file('qemu.d/20-folder'));
  put('lxc', '#!/bin/sh\n');
  install();
  const others = (folders: boolean) =>
    look(folders).others.map(({ path, broken }) => [path, broken !== undefined]);
  assert.equal(others(true), [
    [file('qemu'), false],
    [file('qemu.d/10-early'), true],
    [file('qemu.d/90-late'), false],
  ]);
  assert.equal(others(false), [], 'the one file is where ours would be');
});

test('a call is known by its note, and whether it has begun Node.js by what is in it', () => {
  assert.equal([look().called, look().hasRun], [undefined, false]);
  const note = paths().hookCalled('qemu');
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, '');
  assert.equal([look().called, look().hasRun], [statSync(note).mtimeMs, false]);
  writeFileSync(note, 'Node.js has begun\n');
  assert.ok(look().hasRun);
  assert.not.ok(inspectDriver(paths(), 'lxc', true).hasRun);
});

test.run();
