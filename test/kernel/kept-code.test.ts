// What V8 has compiled of a guest's start is kept apart from what other commands leave (launch.ts): a load has compiled
// hardly any of the hook.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { domainXml, program, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const { test, host } = kernelTest({
  config: '[uplink.eth0]\nceil = "1gbit"\n[guest."*"]\nrate = "1mbit"\nceil = "20mbit"\n',
  taps: ['vnet0', 'vnet1', 'vnet2'],
  begin: ({ root }) => {
    const isOwn = (file: string) => !file.endsWith('/cache');
    cpSync(dirname(program), join(root, 'dist'), {
      recursive: true,
      filter: isOwn,
      preserveTimestamps: true,
    });
    cpSync(fileURLToPath(new URL('../../templates', import.meta.url)), join(root, 'templates'), {
      recursive: true,
    });
  },
});

/** Of a copy of the program, which nobody has run before. */
function run(args: string[], input = ''): void {
  const all = [join(host.root, 'dist/virt-shaper.js'), '--root', host.root, ...args];
  const { status, stderr } = spawnSync(process.execPath, all, { input, encoding: 'utf8' });
  assert.is(status, 0, stderr);
}

function start(guest: string, tap: string): void {
  run(['hook', 'qemu', guest, 'start', 'begin', '-'], domainXml(guest, { [tap]: 'br0' }));
}

/** Ending of each kept file's name -> its path. */
function kept(): Record<string, string> {
  const folder = join(host.root, 'dist/cache');
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name.match(/-start$/)?.[0] ?? '', join(folder, name)]),
  );
}

test('the first start by the short way leaves its own, which later ones take', () => {
  start('one', 'vnet0');
  assert.equal(Object.keys(kept()), [''], 'by the whole way, since nothing was in force');
  start('two', 'vnet1');
  assert.equal(Object.keys(kept()), ['', '-start']);
  const { '': all = '', '-start': ofStart = '' } = kept();
  const times = () => [all, ofStart].map((file) => statSync(file).mtimeMs);
  const before = times();
  start('three', 'vnet2');
  run(['sync']);
  assert.equal(times(), before);
  assert.ok(statSync(ofStart).size > statSync(all).size, 'it has what another command has not compiled');
  writeFileSync(ofStart, 'no code');
  sh('ip link del vnet2');
  run(['hook', 'qemu', 'three', 'stopped', 'end', '-']);
  assert.is(statSync(ofStart).size, 7, 'an end leaves none');
  host.tap('vnet2');
  start('three', 'vnet2');
  assert.ok(statSync(ofStart).size > 100_000, 'made anew where V8 cannot use it');
});

test.run();
