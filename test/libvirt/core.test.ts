// The core of the suite against a real libvirtd, for CI: the whole of it is `npm run test:libvirt`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test as always } from 'uvu';
import * as assert from 'uvu/assert';
import { needsCommand, needsRoot, netnsScript } from '../support/needs.ts';
import { unless } from '../support/skip.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const setup = fileURLToPath(new URL('../support/libvirt-setup.sh', import.meta.url));

function notWanted(): string | undefined {
  if (process.env.VIRT_SHAPER_CORE === '1') return undefined;
  return 'takes three minutes (VIRT_SHAPER_CORE=1 runs it, as root)';
}

function cannotInstall(): string | undefined {
  const { status, stderr } = spawnSync('sh', [setup], { encoding: 'utf8' });
  return status === 0 ? undefined : `libvirt cannot be had here: ${stderr.trim().split('\n').at(-1)}`;
}

const test = unless(
  notWanted() ?? needsRoot() ?? cannotInstall() ?? needsCommand('libvirtd', 'virsh'),
  always,
);

test('what a guest goes through on a real host', () => {
  const command = [netnsScript, process.execPath, '--import', 'tsx', main, '--core'];
  const { status, stdout, stderr } = spawnSync('sh', command, { encoding: 'utf8' });
  console.log(stdout);
  assert.is(status, 0, `${stdout}${stderr}`);
});

test.run();
