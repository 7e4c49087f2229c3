// What a start leaves for the next one. What V8 has compiled of it is kept apart from what other commands leave
// (launch.ts), since a load has compiled hardly any of the hook; the configuration as it was understood (parsed-config.ts); and what the
// rules in force were made from (made-from.ts).
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import * as assert from 'uvu/assert';
import { stampOf } from '../../src/system/files.ts';
import { domainXml, program, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = '[uplink.eth0]\nceil = "1gbit"\n[guest."*"]\nrate = "1mbit"\nceil = "20mbit"\n';

const { test, host } = kernelTest({
  config,
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
    readdirSync(folder).map((name) => [name.match(/-(?:hook|start)$/)?.[0] ?? '', join(folder, name)]),
  );
}

test('the first start by the short way leaves its own, which later ones take', () => {
  start('one', 'vnet0');
  assert.equal(Object.keys(kept()), ['-hook'], 'by the whole way, since nothing was in force');
  start('two', 'vnet1');
  assert.equal(Object.keys(kept()), ['-hook', '-start']);
  const { '-hook': first = '', '-start': ofStart = '' } = kept();
  const times = () => [first, ofStart].map((file) => statSync(file).mtimeMs);
  const before = times();
  start('three', 'vnet2');
  run(['sync']);
  assert.equal(times(), before);
  assert.ok('' in kept(), 'a sync leaves its own, for all commands but the hook');
  writeFileSync(ofStart, 'no code');
  sh('ip link del vnet2');
  run(['hook', 'qemu', 'three', 'stopped', 'end', '-']);
  assert.is(statSync(ofStart).size, 7, 'an end leaves none');
  host.tap('vnet2');
  start('three', 'vnet2');
  assert.ok(statSync(ofStart).size > 100_000, 'made anew where V8 cannot use it');
});

const parsed = 'run/virt-shaper/parsed-config';

/** What is kept of the configuration, with another ceil for all guests. */
function withCeil(kept: string, ceil: number): string {
  const [texts = '', bytes = ''] = kept.split('\n');
  const understood = deserialize(Buffer.from(bytes, 'base64'));
  understood.config.guests[0].ceil.out.value = ceil;
  return `${texts}\n${serialize(understood).toString('base64')}\n`;
}

function ceilOf(guest: string): string | undefined {
  const lines = host.read('var/lib/virt-shaper/rules.d/shape.tc').split('\n');
  const own = lines.find((line) => line.includes(' classid 1:') && line.endsWith(`# guest ${guest}`));
  return own?.match(/ ceil (\S+)/)?.[1];
}

test('the configuration is understood once, and anew where its text is another one', () => {
  host.hook('one', 'start', { vnet0: 'br0' });
  const asItIs = host.read(parsed);
  host.write(parsed, withCeil(asItIs, 30_000_000));
  host.hook('two', 'start', { vnet1: 'br0' });
  assert.is(ceilOf('two'), '30mbit', 'what is kept counts');
  for (const damaged of [asItIs.slice(0, -40), asItIs.replace('20mbit', '21mbit'), 'no configuration', '']) {
    host.write(parsed, damaged);
    assert.is(host.run(['sync']).status, 0);
    assert.is(ceilOf('two'), '20mbit', damaged.slice(-40));
    assert.equal(understood(host.read(parsed)), understood(asItIs));
  }
  host.configure(config.replace('20mbit', '40mbit'));
  assert.is(host.run(['apply']).status, 0);
  assert.is(ceilOf('two'), '40mbit');
  host.configure('[guest."*"]\nrate = "many"\n');
  assert.match(host.run(['apply']).stderr, 'many', 'what is wrong is not kept');
  host.hook('three', 'start', { vnet2: 'br0' });
  assert.is(ceilOf('three'), '40mbit', 'the one in force');
});

/** What the file says. Its bytes may differ: V8 writes one text in one or two bytes a character, as it happens to hold it. */
function understood(kept: string): unknown[] {
  const [texts = '', value = ''] = kept.split('\n');
  return [texts, deserialize(Buffer.from(value, 'base64'))];
}

/** Puts a comment of the test's own into the rules in force. @param isNoted whether what is noted of them goes along */
function mark(isNoted: boolean): void {
  const file = join(host.rules, 'good/shape.tc');
  const before = stampOf(file);
  writeFileSync(file, readFileSync(file, 'utf8').replace('\n#\n', '\n# marked\n#\n'));
  const noted = host.read('run/virt-shaper/made-from');
  assert.ok(noted.includes(before));
  if (isNoted) host.write('run/virt-shaper/made-from', noted.replace(before, stampOf(file)));
}

test('of the rules in force only what differs is made, unless somebody else has touched them', () => {
  const isMarked = () => readFileSync(join(host.rules, 'shape.tc'), 'utf8').includes('# marked');
  const asAll = () => {
    const { stderr } = host.run(['sync']);
    assert.match(stderr, 'nothing to do', `what is made for all guests is the same: ${stderr}`);
  };
  for (const [guest, tap] of [
    ['one', 'vnet0'],
    ['two', 'vnet1'],
  ] as const) {
    host.hook(guest, 'start', { [tap]: 'br0' });
    asAll();
  }
  mark(true);
  host.hook('three', 'start', { vnet2: 'br0' });
  assert.ok(isMarked(), 'the rest is as it was');
  sh('ip link del vnet2');
  host.hook('three', 'stopped');
  assert.ok(isMarked());
  host.tap('vnet2');
  mark(false);
  host.hook('three', 'start', { vnet2: 'br0' });
  assert.not(isMarked(), 'all of it is made anew');
  asAll();
  // A device that is nobody's has come, and what is noted is damaged: neither is a part's matter.
  host.tap('vnet3');
  sh('ip link del vnet2');
  host.hook('three', 'stopped');
  asAll();
  const noted = host.read('run/virt-shaper/made-from');
  for (const damaged of [noted.slice(0, -200), noted.replace(/^vnet1 \{"/m, 'vnet1 {x'), '']) {
    host.write('run/virt-shaper/made-from', damaged);
    host.tap('vnet2');
    assert.is(host.hook('three', 'start', { vnet2: 'br0' }).stderr, '');
    asAll();
    sh('ip link del vnet2');
    host.hook('three', 'stopped');
  }
});

test.run();
