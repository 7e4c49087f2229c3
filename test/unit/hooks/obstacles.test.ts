// What would keep libvirt from running a hook, on hosts that are laid out as files: SELinux, AppArmor, and what Linux
// itself cannot execute.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { whyApparmorRefuses } from '../../../src/hooks/apparmor.ts';
import { viewOf, whyNoexec, whyNotExecutable, whyNotRead } from '../../../src/hooks/executable.ts';
import { makeHookCommand } from '../../../src/hooks/hook-file.ts';
import { findObstacles } from '../../../src/hooks/obstacles.ts';
import { isAllowed, whySelinuxRefuses } from '../../../src/hooks/selinux.ts';
import { makePaths } from '../../../src/store/paths.ts';
import type { Run } from '../../../src/system/exec.ts';
import { hooks } from '../../support/driver-hooks.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-obstacles-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

function put(path: string, text: string, mode = 0o644): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

test('what Linux cannot execute is told by what is wrong with it', () => {
  const why = (text: string, mode = 0o755) => {
    const said = whyNotExecutable(put('hook', text, mode), viewOf('self'));
    return said?.replaceAll(join(root, 'hook'), 'HOOK');
  };
  assert.is(why('#!/bin/sh\n'), undefined);
  assert.is(why('#! /bin/sh -e\nexit 0\n'), undefined);
  assert.is(why(''), 'HOOK is empty');
  for (const text of ['\0\0\0\0', 'exit 0\n', '# !/bin/sh\n', '#!\n']) {
    assert.is(why(text), 'HOOK is neither a program nor begins with #!', text);
  }
  assert.match(why('#!/usr/bin/no-such-python\n') ?? '', /no-such-python is not there/);
  assert.match(why('#!/etc\n') ?? '', /\/etc is no file/);
  assert.match(why('#!/etc/passwd\n') ?? '', /\/etc\/passwd is not executable/);
  assert.is(why('#!/bin/sh\n', 0o644), 'HOOK is not executable');
  assert.is(whyNotExecutable(process.execPath, viewOf('self')), undefined);
});

test('a process sees the files below its root, and its own mounts', () => {
  assert.is(viewOf('self').root, '');
  assert.is(viewOf(process.pid).root, `/proc/${process.pid}/root`);
  for (const of of ['self', process.pid] as const)
    assert.match(viewOf(of).mounts, /^\d+ \d+ \d+:\d+ \S+ \/ /m);
  const none = 2 ** 30; // No kernel has as many processes.
  assert.equal(viewOf(none), { root: `/proc/${none}/root`, mounts: '' });
});

test('what a process with a root of its own can execute is told by what is below that', () => {
  const view = { root: realpathSync(root), mounts: '24 1 0:22 / /srv rw,noexec - tmpfs tmpfs rw' };
  const place = '/opt/virt-shaper-nowhere';
  put(`${place}/node`, '\x7fELF', 0o755);
  put(`${place}/hook`, `#!${place}/node\n`, 0o755);
  put('srv/hook', `#!${place}/node\n`, 0o755);
  put(`${place}/other`, '#!/usr/bin/env sh\n', 0o755);
  assert.is(whyNotExecutable(`${place}/hook`, view), undefined);
  assert.is(whyNotRead(`${place}/hook`, view), undefined);
  assert.is(whyNotRead(place, view), `${place} is no file`);
  assert.is(whyNotRead(`${place}/x`, view), `${place}/x is not there`);
  assert.is(whyNotRead(`${place}/hook/x`, view), `${place}/hook/x cannot be read (ENOTDIR)`);
  assert.is(whyNotExecutable('/srv/hook', view), '/srv is mounted noexec: nothing in it can be executed');
  assert.is(
    whyNotExecutable(`${place}/other`, view),
    `${place}/other is run by /usr/bin/env, and /usr/bin/env is not there`,
  );
});

test('a mount counts for what is below it, and the last of several on one another', () => {
  const mounts = (...lines: string[]) => ({ root: '', mounts: lines.join('\n') });
  const mount = (point: string, options: string) => `24 1 0:22 / ${point} ${options} - tmpfs tmpfs rw`;
  const base = mount('/', 'rw');
  const noexec = mount('/no/where', 'rw,nosuid,noexec');
  assert.is(whyNoexec('/no/where/hooks/qemu', mounts(base)), undefined);
  assert.match(
    whyNoexec('/no/where/hooks/qemu', mounts(base, noexec)) ?? '',
    /^\/no\/where is mounted noexec/,
  );
  assert.is(whyNoexec('/no/wherever', mounts(base, noexec)), undefined);
  assert.match(whyNoexec('/no/where', mounts(base, noexec)) ?? '', /^\/no\/where is/, 'the mount itself');
  const everything = mount('/', 'ro,noexec');
  for (const path of ['/', '/no/where/x']) {
    assert.match(whyNoexec(path, mounts(everything)) ?? '', /^\/ is mounted noexec/);
  }
  assert.is(whyNoexec('/no/where/x', mounts(everything, mount('/no', 'rw'))), undefined);
  assert.is(whyNoexec('/no/where/x', mounts(base, noexec, mount('/no/where', 'rw'))), undefined);
  assert.is(whyNoexec('/no/where/in/x', mounts(mount('/no/where/in', 'rw'), base, noexec)), undefined);
  assert.ok(whyNoexec('/a b/x', mounts(mount('/a\\040b', 'noexec'), base)));
});

interface Host {
  enforce?: string;
  boolean?: string;
  label?: string;
  daemon?: string;
  answer?: boolean;
  /** Whether the kernel is asked, by its files. */
  asks?: boolean;
}

/** What is to be done, or nothing. */
async function selinux(host: Host) {
  return (await selinuxObstacle(host))?.todo.map((line) => line.replace(root, ''));
}

async function selinuxObstacle({ enforce, boolean, label, daemon = 'virtqemud', answer, asks }: Host) {
  const paths = makePaths({ root });
  if (enforce) put('sys/fs/selinux/enforce', enforce);
  if (boolean) put('sys/fs/selinux/booleans/virt_hooks_unconfined', boolean);
  const run: Run = async () => ({ status: 0, stdout: `${label ?? '?'}\n`, stderr: '' });
  const about = {
    driver: 'qemu' as const,
    daemon: { name: daemon, pid: process.pid, since: 0 },
    labels: ['/etc/libvirt/hooks'],
  };
  const ask = asks ? [] : [() => answer];
  return whySelinuxRefuses(run, paths, about, ...ask);
}

const hookLabel = 'system_u:object_r:virt_hook_t:s0';
const install = 'dnf install virt-shaper-selinux';
const setBoolean = 'setsebool -P virt_hooks_unconfined on';

test('SELinux that is absent or permissive stops nothing', async () => {
  assert.is(await selinux({}), undefined);
  assert.is(await selinux({ enforce: '0', boolean: '0 0', answer: false }), undefined);
});

test('where the kernel does not say what its policy lets, the boolean counts', async () => {
  assert.equal(await selinux({ enforce: '1', boolean: '0 0', daemon: 'libvirtd' }), [setBoolean]);
  assert.equal(await selinux({ enforce: '1', boolean: '0 1' }), [setBoolean, install]);
  assert.is(await selinux({ enforce: '1', boolean: '1 1' }), undefined);
});

test('what the kernel says counts, whatever the boolean', async () => {
  const enforce = '1\n';
  assert.is(await selinux({ enforce, boolean: '0 0', label: hookLabel, answer: true }), undefined);
  assert.equal(await selinux({ enforce, boolean: '1 1', label: hookLabel, answer: false }), [install]);
  const wrong = 'unconfined_u:object_r:virt_etc_t:s0';
  const relabel = 'restorecon -RFv /etc/libvirt/hooks';
  assert.equal(await selinux({ enforce, boolean: '1 1', label: wrong, answer: false }), [relabel]);
  assert.equal(await selinux({ enforce, boolean: '0 0', label: wrong, answer: false }), [
    relabel,
    setBoolean,
  ]);
});

test('all that SELinux lacks is named: the label, the boolean, the module', async () => {
  const why = async (host: Host) => {
    const [daemon = '', reasons] = (await selinuxObstacle({ enforce: '1', ...host }))?.why.split(': ') ?? [];
    assert.is(daemon, `SELinux enforces, and does not let ${host.daemon ?? 'virtqemud'} execute hooks`);
    return reasons;
  };
  const [off, module] = ['the boolean virt_hooks_unconfined is off', 'the policy leaves virtqemud out'];
  assert.is(await why({ boolean: '0 0' }), `${off}, ${module}`);
  assert.is(await why({ boolean: '1 1', label: hookLabel, answer: false }), module);
  assert.is(await why({ boolean: '0 0', daemon: 'libvirtd' }), off);
  const label = 'unconfined_u:object_r:virt_etc_t';
  const wrong = { label: `${label}:s0`, answer: false };
  assert.is(await why({ boolean: '0 0', ...wrong }), `they have the label ${label}:s0, ${off}`);
});

test('the kernel is asked about the permission by its number; without an answer the boolean counts', async () => {
  const host = { enforce: '1', boolean: '0 0', daemon: 'libvirtd', label: hookLabel, asks: true };
  const asked = () => readFileSync(join(root, 'sys/fs/selinux/access'), 'utf8');
  put('sys/fs/selinux/access', '');
  for (const [index, execute] of [
    ['', ''],
    ['6\n', ''],
    ['', '18\n'],
    ['0\n', '18\n'],
    ['x\n', '18\n'],
  ] as const) {
    put('sys/fs/selinux/class/file/index', index);
    put('sys/fs/selinux/class/file/perms/execute', execute);
    assert.equal(await selinux(host), [setBoolean]);
    assert.is(asked(), '', 'a policy of which the numbers are not known');
  }
  put('sys/fs/selinux/class/file/index', '6\n');
  // A plain file gives back the question, which is no answer.
  assert.equal(await selinux(host), [setBoolean]);
  assert.match(asked(), new RegExp(`^\\S+:\\S+:\\S+_t:\\S+ ${hookLabel} 6$`));
  rmSync(join(root, 'sys/fs/selinux/access'));
  assert.equal(await selinux(host), [setBoolean]);
});

test('a module that is there is not asked for again', async () => {
  put('var/lib/selinux/targeted/active/modules/200/virt_shaper/cil', '');
  assert.equal(await selinux({ enforce: '1', boolean: '0 0' }), [setBoolean]);
});

test('the kernel s answer is read, and what is none is not', () => {
  assert.is(isAllowed('20000 ffffffff 0 ffffffff 5 0', 18), true);
  assert.is(isAllowed('1ffff ffffffff 0 ffffffff 5 0', 18), false);
  assert.is(isAllowed('0 ffffffff 0 ffffffff 5 1', 18), true, 'a permissive domain');
  assert.is(isAllowed('ffffffff ffffffff 0 ffffffff 12 0\0', 32), true);
  assert.is(isAllowed('system_u:system_r:virtd_t:s0 system_u:object_r:x:s0 6', 18), undefined);
});

test('AppArmor: a Node.js elsewhere than the profile lets hooks start from', () => {
  const where = { sys: join(root, 'sys'), etc: join(root, 'etc/apparmor.d') };
  const node = put('opt/node/bin/node', '', 0o755);
  const profiles = 'sys/kernel/security/apparmor/profiles';
  assert.is(whyApparmorRefuses(where, undefined, node), undefined, 'no AppArmor');
  put(profiles, 'man_groff (enforce)\nlibvirtd (complain)\n');
  assert.is(whyApparmorRefuses(where, undefined, node), undefined, 'not enforced');
  put(profiles, 'libvirtd//qemu_bridge_helper (enforce)\nlibvirtd (enforce)\n');
  put('etc/apparmor.d/usr.sbin.libvirtd', '');
  assert.equal(whyApparmorRefuses(where, undefined, node)?.todo, [
    `echo '"${node}" PUx,' >> /etc/apparmor.d/local/usr.sbin.libvirtd`,
    'apparmor_parser -r /etc/apparmor.d/usr.sbin.libvirtd',
  ]);
  assert.is(whyApparmorRefuses(where, undefined, '/bin/sh'), undefined, 'in /usr/bin');
  put('etc/apparmor.d/local/usr.sbin.libvirtd', `${node} PUx,\n`);
  assert.is(whyApparmorRefuses(where, undefined, node), undefined, 'as advised');
});

test('AppArmor is asked where nothing else is in the way, and no hook has started Node.js yet', async () => {
  const node = put('opt/node', '#!/bin/sh\n', 0o755);
  const program = put('opt/virt-shaper.mjs', '');
  put('sys/kernel/security/apparmor/profiles', 'libvirtd (enforce)\n');
  const run: Run = async () => ({ status: 1, stdout: '', stderr: '' });
  const found = async (of: [node: string, program: string] | undefined, hasRun = false) => {
    const command = of && makeHookCommand(of, makePaths({ root }));
    const { daemon: _stopped, ...place } = hooks('qemu', 'libvirtd', 0);
    const obstacles = await findObstacles(run, makePaths({ root }), place, command, hasRun);
    return obstacles.map(({ why }) => why.replaceAll(root, ''));
  };
  const refused = "AppArmor's profile libvirtd does not let a hook start /opt/node";
  assert.equal(await found([node, program]), [refused]);
  assert.equal(await found([node, program], true), []);
  assert.equal(await found(undefined), []);
  rmSync(program);
  assert.equal(await found([node, program]), [
    'libvirt cannot run what the hook runs: /opt/virt-shaper.mjs is not there',
  ]);
});

test.run();
