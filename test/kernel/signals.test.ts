// A signal in the middle of a load: what was begun is done to its end, and then the signal counts. SIGTERM is what systemd
// stops a unit with, SIGINT Ctrl-C at a terminal, SIGHUP a terminal that goes.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { patience, slowness } from '../support/patience.ts';
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
  begin: (host) => assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0),
});

interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

/**
 * Runs the program and sends it signals while what it calls waits.
 * @param where a case of sh(1): which call of tc
 */
async function signalled(
  args: string[],
  where: string,
  signals: NodeJS.Signals[],
  input = '',
): Promise<Ended> {
  const folder = join(host.root, 'wrap');
  mkdirSync(folder, { recursive: true });
  const real = sh('PATH=$PATH:/usr/sbin:/sbin command -v tc').trim();
  const waits = `case "$*" in ${where}) touch ${folder}/there; while [ ! -e ${folder}/go ]; do sleep 0.05; done;; esac`;
  writeFileSync(join(folder, 'tc'), `#!/bin/sh\n${waits}\nexec ${real} "$@"\n`);
  chmodSync(join(folder, 'tc'), 0o755);
  sh(`rm -f ${folder}/there ${folder}/go`);
  const child = spawn(process.execPath, [program, '--root', host.root, ...patience, ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
    cwd: '/',
    env: { PATH: `${folder}:${process.env.PATH}`, LC_ALL: 'C' },
  });
  child.stdin.end(input);
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((done) => {
    child.once('close', (status, signal) => done({ status, signal, stderr }));
  });
  for (let tries = 0; tries < 600 * slowness && !existsSync(join(folder, 'there')); tries += 1)
    await sleep(50);
  assert.ok(existsSync(join(folder, 'there')), `nothing calls tc ${where}`);
  for (const signal of signals) {
    child.kill(signal);
    await sleep(50);
  }
  writeFileSync(join(folder, 'go'), '');
  return ended;
}

function isWhole(): void {
  const { status, stdout, stderr } = host.run(['verify']);
  assert.is(status, 0, stdout + stderr);
  assert.not(existsSync(join(host.root, 'run/virt-shaper/journal')));
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} in a load`, async () => {
    host.configure(config.replace('20mbit', '17mbit'));
    assert.is(host.run(['render']).status, 0);
    const ended = await signalled(['load'], '*stage*', [signal]);
    assert.is(ended.signal, signal, 'it ends by the signal, once it is done');
    isWhole();
    assert.match(sh('tc class show dev eth0'), 'ceil 17Mbit');
    assert.match(host.run(['load']).stderr, 'nothing to do');
    assert.match(host.read('run/virt-shaper/history.json'), '"loads":2');
  });
}

test('signals of two kinds, and more than once', async () => {
  host.configure(config.replace('20mbit', '17mbit'));
  assert.is(host.run(['render']).status, 0);
  const { signal } = await signalled(['load'], '*stage*', ['SIGINT', 'SIGINT', 'SIGTERM']);
  assert.is(signal, 'SIGTERM');
  isWhole();
  assert.match(sh('tc class show dev eth0'), 'ceil 17Mbit');
});

test("a signal in a guest's start, by the short way", async () => {
  const xml = domainXml('rob', { vnet1: 'br0' });
  const args = ['hook', 'qemu', 'rob', 'start', 'begin', '-'];
  const { signal } = await signalled(args, '*stage*', ['SIGTERM'], xml);
  assert.is(signal, 'SIGTERM');
  isWhole();
  assert.match(sh('nft list table bridge virt-shaper'), 'rob sends');
  assert.is(host.run(['plan']).status, 0);
});

test('a signal in an unload', async () => {
  const { signal } = await signalled(['unload'], '*retire*', ['SIGINT']);
  assert.is(signal, 'SIGINT');
  assert.not.match(kernelState(), /virt-shaper|class htb/);
  assert.match(host.run(['unload']).stderr, 'nothing to do');
});

test('who waits for the lock need not wait when he is asked to end', async () => {
  const holder = spawn('flock', ['-x', join(host.root, 'run/virt-shaper/lock'), 'sleep', '1000'], {
    detached: true,
  });
  try {
    for (let tries = 0; tries < 200 * slowness && !isLocked(); tries += 1) await sleep(50);
    const child = spawn(process.execPath, [program, '--root', host.root, 'load'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = new Promise((done) => child.stderr.once('data', (text) => done(String(text))));
    const ended = new Promise((done) => child.once('close', (_status, signal) => done(signal)));
    assert.match(String(await said), 'waiting for another virt-shaper');
    child.kill('SIGTERM');
    assert.is(await ended, 'SIGTERM');
  } finally {
    if (holder.pid) process.kill(-holder.pid, 'SIGKILL');
  }
});

function isLocked(): boolean {
  return sh(`flock -n ${host.root}/run/virt-shaper/lock true && echo free || echo held`).trim() === 'held';
}

test.run();
