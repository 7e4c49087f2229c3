// hooks install: what is said of daemons that have to look for hooks, and whether libvirt's state is to be read again.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hooksCommand, reload } from '../../../../src/commands/host/hooks.ts';
import { makePaths } from '../../../../src/store/paths.ts';
import { ConfigError } from '../../../../src/system/errors.ts';
import { type Hooks, hooks } from '../../../support/driver-hooks.ts';
import { hear } from '../../../support/heard.ts';

/** @param root below which the hooks are; none for this host's own, of which nothing is touched */
async function reloading(all: Hooks[], { status = 0, root = '' } = {}) {
  const { context, said, warned } = hear('/nowhere');
  const asked: string[] = [];
  const run = async (...[, args]: [string, string[]]) => {
    asked.push(args.join(' '));
    return { status, stdout: '', stderr: '' };
  };
  const paths = makePaths(root === '' ? {} : { root });
  const around = { systemd: true, told: new Map<string, number>() };
  return { isNew: await reload({ ...context, paths }, { all, around }, run), asked, said, warned };
}

const behind = hooks('qemu', 'virtqemud', 5);

test('one daemon or several: each is said, and what is known of them is old', async () => {
  const line = (name: string) => `${name} reloaded, so that it looks for them; no guest notices`;
  const one = await reloading([behind]);
  assert.equal([one.isNew, one.said, one.warned], [true, [line('virtqemud')], []]);
  const two = await reloading([behind, hooks('lxc', 'virtlxcd', 5)]);
  assert.equal([two.isNew, two.said], [true, [line('virtqemud'), line('virtlxcd')]]);
});

test('one that systemd cannot reload is a warning, with what does it', async () => {
  const { isNew, said, warned } = await reloading([behind], { status: 1 });
  assert.equal([isNew, said], [true, []]);
  assert.equal(warned, [
    'warning: virtqemud could not be reloaded, so it calls no hook yet: systemctl reload virtqemud',
  ]);
});

test('nobody is told who has looked since, nor the daemons of this host for hooks below another root', async () => {
  const nothing = { isNew: false, asked: [], said: [], warned: [] };
  assert.equal(await reloading([hooks('qemu', 'virtqemud', 15)]), nothing);
  assert.equal(await reloading([behind], { root: '/x' }), nothing);
});

test('what hooks takes: one word, and --json with status only; nothing is done otherwise', async () => {
  const { context } = hear('/nowhere');
  for (const [args, json, says] of [
    [['install'], true, '--json goes with hooks status'],
    [['remove'], true, '--json goes with hooks status'],
    [['install', 'qemu', 'lxc'], false, 'hooks takes one word, not "qemu lxc" too'],
    [['list'], false, 'hooks takes install, remove or status, not list'],
    [[], false, 'hooks takes install, remove or status, not'],
  ] as const) {
    const error = await hooksCommand(context, [...args], { json }).catch((error) => error);
    assert.instance(error, ConfigError);
    assert.match(error.message, says);
  }
});

test.run();
