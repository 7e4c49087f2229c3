// Which daemons hooks install has systemd tell to look for hooks: those that looked before there were any, each once.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reloadDaemons } from '../../../src/hooks/reload-daemons.ts';
import { type Hooks, hooks } from '../../support/driver-hooks.ts';

async function reloaded(all: Hooks[], systemd = true, status = 0) {
  const asked: string[] = [];
  const run = async (command: string, args: string[]) => {
    asked.push([command, ...args].join(' '));
    return { status, stdout: '', stderr: '' };
  };
  const told = await reloadDaemons(run, { all, around: { systemd, told: new Map() } });
  return { asked, told };
}

test('each daemon that looked before there was a hook, once', async () => {
  const all = [hooks('qemu', 'virtqemud', 5), hooks('lxc', 'libvirtd', 5), hooks('network', 'libvirtd', 5)];
  assert.equal(await reloaded(all), {
    asked: ['systemctl reload virtqemud.service', 'systemctl reload libvirtd.service'],
    told: [
      { name: 'virtqemud', done: true },
      { name: 'libvirtd', done: true },
    ],
  });
});

test('none that has looked since, none for a hook of others, none without systemd', async () => {
  for (const [all, systemd] of [
    [[hooks('qemu', 'libvirtd', 15)], true],
    [[hooks('qemu', 'libvirtd', 5, 'foreign')], true],
    [[hooks('qemu', 'libvirtd', 5)], false],
  ] as const)
    assert.equal(await reloaded([...all], systemd), { asked: [], told: [] });
});

test('one that systemd could not reload is told of', async () => {
  const failed = [{ name: 'libvirtd', done: false }];
  assert.equal((await reloaded([hooks('qemu', 'libvirtd', 5)], true, 1)).told, failed);
  const none = await reloadDaemons(() => Promise.reject(new Error('ENOENT')), {
    all: [hooks('qemu', 'libvirtd', 5)],
    around: { systemd: true, told: new Map() },
  });
  assert.equal(none, failed);
});

test.run();
