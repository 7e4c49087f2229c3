// The file that libvirt runs with the program behind it, on a real kernel: how often a guest's life begins Node.js, and
// that no guest stays unshaped for it.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeHookCommand, shellQuote } from '../../src/hooks/hook-file.ts';
import { hookText } from '../../src/hooks/hook-script.ts';
import { makePaths } from '../../src/store/paths.ts';
import { awaitCalls } from '../support/hook-calls.ts';
import { domainXml, kernelState, program, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
unlisted = "shape"
[uplink.eth0]
ceil = "1gbit"
`;

const { test, host } = kernelTest({
  config,
  begin: () => {
    write(
      'counted',
      `#!/bin/sh\necho begun >>${host.root}/starts\nexec ${process.execPath} ${program} "$@"\n`,
    );
    const command = makeHookCommand([join(host.root, 'counted')], makePaths({ root: host.root }));
    write('qemu', hookText('qemu', command));
  },
});

function write(file: string, text: string): void {
  host.write(file, text);
  chmodSync(join(host.root, file), 0o755);
}

/** @returns how often Node.js began for it, and what libvirt would see of it */
function call(name: string, operation: string, taps: Record<string, string> = { vnet0: 'br0' }) {
  sh(`rm -f ${host.root}/starts`);
  const { status, stdout, stderr } = spawnSync(join(host.root, 'qemu'), [name, operation, 'begin', '-'], {
    input: domainXml(name, taps),
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
  });
  awaitCalls(makePaths({ root: host.root }).hookCalls);
  const starts = existsSync(join(host.root, 'starts')) ? host.read('starts').length / 6 : 0;
  return { starts, status, stdout, stderr: stderr.replace(/^logger: .*\n/gm, '') };
}

const quiet = { status: 0, stdout: '', stderr: '' };
const isShaped = (tap: string) => sh(`tc filter show dev ${tap} egress 2>&1 || :`).includes('ifb-eth0');

test('a life of a guest begins Node.js once at its start and once at its end', () => {
  const before = kernelState();
  for (const name of [
    'cliff',
    ' q\'"`$(reboot) \\',
    '-x',
    '--help',
    '.x',
    '*',
    'naïve 🐧',
    'x'.repeat(200),
  ]) {
    for (const [operation, starts] of [
      ['restore', 0],
      ['prepare', 0],
      ['start', 1],
      ['started', 0],
      ['stopped', 1],
      ['release', 0],
      ['migrate', 0],
    ] as const) {
      assert.equal({ name, operation, ...call(name, operation) }, { name, operation, starts, ...quiet });
      if (operation === 'started') assert.ok(isShaped('vnet0'), name);
    }
  }
  assert.is(kernelState(), before);
  assert.is(sh(`ls -A ${shellQuote(makePaths({ root: host.root }).hookTold)}/qemu`), '');
});

test('two guests that start and end one within the other begin it as often', () => {
  const steps = ['prepare', 'start', 'started', 'stopped', 'release'];
  const starts = { cliff: 0, rob: 0 };
  for (const operation of steps) {
    starts.cliff += call('cliff', operation).starts;
    starts.rob += call('rob', operation, { vnet1: 'br0' }).starts;
    if (operation === 'started') assert.ok(isShaped('vnet0') && isShaped('vnet1'));
  }
  assert.equal(starts, { cliff: 2, rob: 2 });
});

test('a start that went wrong is made good at started, as before', () => {
  host.configure('[guest.cliff');
  const failed = call('cliff', 'start');
  assert.equal([failed.starts, failed.status], [1, 0]);
  assert.match(failed.stderr, 'UNSHAPED');
  host.configure(config);
  assert.equal(call('cliff', 'started'), { starts: 1, ...quiet });
  assert.ok(isShaped('vnet0'));
});

test('a guest none of whose NICs could be shaped is looked at again', () => {
  host.configure(`${config}[guest.cliff]\n`);
  sh(
    'ip link add br9 type bridge; ip link add lonely type veth peer name g-lonely; ip link set lonely master br9',
  );
  assert.match(call('cliff', 'start', { lonely: 'br9' }).stderr, 'no uplink');
  assert.is(call('cliff', 'started', { lonely: 'br9' }).starts, 1);
});

test('a guest whose last load failed for another reason is looked at again', () => {
  sh('tc qdisc add dev eth0 root handle 7: htb');
  const { status, stderr } = call('cliff', 'start');
  assert.is(status, 0);
  assert.match(stderr, 'eth0 has a root qdisc');
  sh('tc qdisc del dev eth0 root');
  assert.is(call('cliff', 'started').starts, 1);
  assert.ok(isShaped('vnet0'));
});

test('a guest that nobody is told how to shape, and one of a host that is off, begin it no oftener', () => {
  host.configure(config.replace('"shape"', '"ignore"'));
  assert.equal(call('stranger', 'start'), { starts: 1, ...quiet });
  assert.equal(call('stranger', 'started'), { starts: 0, ...quiet });
  host.run(['unload']);
  assert.match(call('cliff', 'start', { vnet1: 'br0' }).stderr, 'UNSHAPED');
  assert.equal(call('cliff', 'started', { vnet1: 'br0' }), { starts: 0, ...quiet });
});

test('a refused start is refused, and its end cleans up', () => {
  host.configure(config.replace('"shape"', '"refuse"'));
  const { starts, status, stderr } = call('stranger', 'start');
  assert.equal([starts, status], [1, 1]);
  assert.match(stderr, 'guest stranger may not start');
  assert.is(call('stranger', 'stopped').status, 0);
  assert.equal(call('stranger', 'release'), { starts: 0, ...quiet });
});

test('a host without configuration begins nothing and says nothing', () => {
  sh(`rm -r ${host.root}/etc`);
  for (const operation of ['prepare', 'start', 'started', 'reconnect', 'stopped', 'release']) {
    assert.equal({ operation, ...call('cliff', operation) }, { operation, starts: 0, ...quiet });
  }
  host.configure(config);
  assert.equal(call('cliff', 'reconnect'), { starts: 1, ...quiet });
  assert.ok(isShaped('vnet0'));
});

test.run();
