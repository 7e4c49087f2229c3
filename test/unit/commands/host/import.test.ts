// import as it is typed: which file cannot be read and why, which format is meant, and what its status says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importCommand } from '../../../../src/commands/host/import.ts';
import { ConfigError } from '../../../../src/system/errors.ts';
import { hear } from '../../../support/heard.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-import-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

function put(name: string, text: string): string {
  writeFileSync(join(root, name), text);
  return join(root, name);
}

async function run(files: string[], from?: string) {
  const heard = hear(root);
  const status = await importCommand(heard.context, files, from === undefined ? {} : { from });
  return { status, toml: heard.printed.join(''), warned: heard.warned.join('\n') };
}

async function refusal(files: string[], from?: string): Promise<{ message: string; isUsage: boolean }> {
  try {
    await run(files, from);
  } catch (error) {
    return { message: (error as Error).message, isUsage: error instanceof ConfigError };
  }
  throw new Error('nothing was refused');
}

const old = 'cliff_eth0="10 15mbit 30mbit"\n';

test('what is taken over whole is 0, a warning does not change that, a limit that is lost is 1', async () => {
  const whole = await run([put('bandwidth.conf', old)]);
  assert.is(whole.status, 0);
  assert.match(whole.warned, 'warning: no ceil_eth0 in the file');
  assert.match(whole.toml, '[guest.cliff]');
  const lost = await run([put('bandwidth.conf', `${old}rob_eth0="x y z w"\n`)]);
  assert.is(lost.status, 1);
  assert.match(lost.warned, 'rob_eth0');
  assert.match(lost.toml, '[guest.cliff]');
});

test('--from names one of three formats', async () => {
  const file = put('old', old);
  assert.is((await run([file], 'bandwidth.conf')).status, 0);
  assert.equal(await refusal([file], 'xen'), {
    message: '--from takes bandwidth.conf, libvirt, proxmox, not "xen"',
    isUsage: true,
  });
  const other = await run([file], 'libvirt');
  assert.is(other.status, 1, 'it is not what was said');
  assert.not.match(other.toml, 'cliff');
});

test('a file that is not there, or is no configuration of anybody, is said by its name', async () => {
  const none = await refusal([join(root, 'none')]);
  assert.match(none.message, /none cannot be read: /);
  assert.is(none.isUsage, false);
  const large = await refusal([put('large', '#'.repeat(16 * 1024 * 1024 + 1))]);
  assert.match(large.message, /large is larger than 16777216 bytes: nothing to import$/);
  assert.is((await run([put('most', '#'.repeat(16 * 1024 * 1024))])).status, 0);
});

test.run();
