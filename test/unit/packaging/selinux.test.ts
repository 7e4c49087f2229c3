// The policy module for SELinux, compiled by Debian's tools against types that stand for Fedora's: nothing of it can be
// tried on a real one here. What it allows is asked with neverallow, which the compiler checks.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { needsPackage } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

const test = unless(needsPackage('secilc'));
const module = fileURLToPath(new URL('../../../packaging/selinux/virt_shaper.cil', import.meta.url));

/** As much of a policy as the module speaks of, with the names of Fedora's. */
const policy = `(handleunknown allow) (mls true)
(sid kernel) (sidorder (kernel)) (sidcontext kernel (system_u system_r kernel_t ((s0) (s0))))
(sensitivity s0) (sensitivityorder (s0)) (category c0) (categoryorder (c0)) (sensitivitycategory s0 (c0))
(user system_u) (role system_r) (userrole system_u system_r) (userlevel system_u (s0)) (userrange system_u ((s0) (s0)))
(class file (getattr open read map execute ioctl entrypoint write))
(class dir (getattr open read search))
(class process (transition sigchld))
(class fd (use))
(class fifo_file (getattr read write append ioctl lock))
(classorder (file dir process fd fifo_file))
(type kernel_t) (type virtqemud_t) (type virtnetworkd_t) (type virt_hook_t) (type virt_hook_unconfined_t) (type etc_t)
(roletype system_r kernel_t) (roletype system_r virtqemud_t) (roletype system_r virt_hook_unconfined_t)
(allow virt_hook_unconfined_t virt_hook_t (file (entrypoint)))
(boolean virt_hooks_unconfined false)
`;

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-selinux-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

/** @returns what the compiler complains of; nothing when it takes all */
function compile(text: string, ...files: string[]): string {
  const base = join(folder, 'base.cil');
  writeFileSync(base, text);
  const output = ['--output', join(folder, 'policy'), '--filecontext', join(folder, 'contexts')];
  const { status, stdout, stderr } = spawnSync('secilc', [...output, base, ...files], { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}` || `status ${status}`;
}

test('it compiles together with the types of the policy it is made for', () => {
  assert.is(compile(policy), '');
  assert.is(compile(policy, module), '');
});

test('it allows what a hook needs, and no more', () => {
  const allowed = [
    'virtqemud_t virt_hook_t (file (execute))',
    'virtqemud_t virt_hook_t (dir (search))',
    'virtqemud_t virt_hook_unconfined_t (process (transition))',
    'virt_hook_unconfined_t virtqemud_t (fifo_file (read))',
    'virt_hook_unconfined_t virtqemud_t (process (sigchld))',
  ];
  const others = [
    'virtqemud_t virt_hook_t (file (write))',
    'virtqemud_t etc_t (file (execute))',
    'virtnetworkd_t virt_hook_t (file (execute))',
    'virtqemud_t virt_hook_t (file (entrypoint))',
    'virt_hook_unconfined_t virtqemud_t (process (transition))',
  ];
  for (const rule of allowed) {
    assert.is(compile(`${policy}(neverallow ${rule})`), '', rule);
    assert.match(compile(`${policy}(neverallow ${rule})`, module), /neverallow check failed/, rule);
  }
  for (const rule of others) assert.is(compile(`${policy}(neverallow ${rule})`, module), '', rule);
});

test('a policy without the boolean or the types refuses it, so that nobody takes it for installed', () => {
  for (const name of ['virt_hooks_unconfined', 'virt_hook_t', 'virtqemud_t']) {
    const without = policy.replace(/\((?:roletype|allow)[^()]*(?:\([^()]*(?:\([^()]*\))?[^()]*\))?\)/g, '');
    const lacking = without.replace(
      name === 'virt_hooks_unconfined' ? /\(boolean .*\)/ : `(type ${name})`,
      '',
    );
    assert.is.not(lacking, without, name);
    assert.match(
      compile(`${lacking}(roletype system_r kernel_t)`, module),
      new RegExp(`Failed to resolve|${name}`),
      name,
    );
  }
});

test.run();
