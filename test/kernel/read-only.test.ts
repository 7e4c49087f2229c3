// A file system that is read-only, as the kernel makes one that is damaged: no guest is kept from starting for it, whoever
// cannot write says what to do, and says nothing before it is done.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { doneVariable } from '../../src/hooks/statuses.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { eventually } from '../support/pty.ts';
import { unless } from '../support/skip.ts';
import { domainXml, kernelState, program, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const config = `
[uplink.eth0]
ceil = "1gbit"
[defaults]
rate = "1mbit"
ceil = "20mbit"
[guest.cliff]
[guest.rob]
`;

let host: TestHost;
const mounted: string[] = [];
test.before.each(() => {
  host = new TestHost(config);
  host.bridge('br0', 'eth0').tap('vnet0').tap('vnet1');
});
test.after.each(() => {
  for (const folder of mounted.splice(0)) sh(`umount -l ${folder}`);
  host.end();
});

/** A file system of its own, before anything is in it. @returns what makes it read-only, and what makes it writable again */
function part(path: string) {
  const folder = join(host.root, path);
  mkdirSync(folder, { recursive: true });
  sh(`mount -t tmpfs tmpfs ${folder}`);
  mounted.push(folder);
  return {
    close: () => sh(`mount -o remount,ro ${folder}`),
    open: () => sh(`mount -o remount,rw ${folder}`),
  };
}

const isShaped = (tap: string) => sh(`tc filter show dev ${tap} egress 2>&1 || :`).includes('ifb-eth0');

test('below /run: a guest starts all the same, or is refused where on_failure says so', () => {
  const run = part('run/virt-shaper');
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  const before = kernelState();
  for (const refuses of [false, true]) {
    // What is laid out below /run of the configuration in force is of the one before.
    assert.is(host.run(['sync', '--in-force']).status, 0);
    const more = refuses ? '[hook]\non_failure = "refuse"\n' : '[guest.ann]\n';
    host.configure(`${config}${more}`);
    assert.is(host.run(['apply']).status, 0);
    run.close();
    // The second call finds what the first has left.
    for (const time of [1, 2]) {
      const { status, stderr } = host.hook('rob', 'start', { vnet1: 'br0' });
      assert.is(status, refuses ? 1 : 0, `${time}: ${stderr}`);
      assert.match(stderr, /EROFS|read-only file system/);
      assert.match(stderr, 'make it writable: findmnt -T ');
      assert.not.match(stderr, 'defect');
      if (!refuses) assert.match(stderr, 'guest rob starts UNSHAPED');
    }
    for (const operation of ['started', 'reconnect', 'stopped', 'release']) {
      const { status, stderr } = host.hook('cliff', operation, { vnet0: 'br0' });
      assert.is(status, 0, `${operation}: ${stderr}`);
      assert.not.match(stderr, 'defect', operation);
    }
    assert.is(kernelState(), before);
    run.open();
  }
});

test('below /var: guests are shaped by rules in /run, and every other command says what is to be done', () => {
  const kept = part('var/lib/virt-shaper');
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  kept.close();
  // As the hook's file calls it, which does not call it again of what is done.
  const start = spawnSync(
    process.execPath,
    [program, '--root', host.root, 'hook', 'qemu', 'rob', 'start', 'begin', '-'],
    {
      input: domainXml('rob', { vnet1: 'br0' }),
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C', [doneVariable]: '99' },
    },
  );
  assert.is(start.status, 0, `what could not be noted is not done: ${start.stderr}`);
  assert.not.match(start.stderr, 'UNSHAPED');
  assert.match(start.stderr, 'the kernel holds it, and that it does cannot be noted: ');
  assert.ok(isShaped('vnet0') && isShaped('vnet1'));
  const isKnown = () => {
    const { status, stdout, stderr } = host.run(['verify']);
    assert.is(status, 0, stdout);
    assert.is(stdout, '');
    assert.match(stderr, /^warning: what was loaded last is in .*\/run\/virt-shaper\/in-force-\d+, and /m);
    const { guests } = JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout);
    assert.equal(
      guests.map(({ guest, state }: { guest: string; state: string }) => [guest, state]),
      [
        ['cliff', 'shaped'],
        ['rob', 'shaped'],
      ],
    );
    const { findings } = JSON.parse(host.run(['doctor', '--json']).stdout);
    assert.not(
      findings.some(
        ({ check, level }: { check: string; level: string }) => check === 'kernel-state' && level !== 'ok',
      ),
    );
  };
  isKnown();
  assert.is(host.run(['sync']).status, 1);
  isKnown();
  const before = kernelState();
  for (const command of [
    ['apply'],
    ['render'],
    ['limit', 'cliff', '--ceil', '5mbit'],
    ['limit', 'cliff', '--lift'],
    ['unload'],
  ]) {
    const { status, stderr } = host.run(command);
    if (command.includes('--lift') && status === 0) continue; // Nothing is set.
    assert.is(status, 1, `${command.join(' ')}: ${stderr}`);
    assert.match(stderr, 'EROFS', command.join(' '));
    assert.match(stderr, 'make it writable: findmnt -T ', command.join(' '));
    assert.not.match(stderr, /defect|5mbit|unloaded$/m, command.join(' '));
    assert.is(kernelState(), before, command.join(' '));
  }
  kept.open();
  assert.is(host.run(['sync', '--in-force']).status, 0, 'which verify advises');
  assert.ok(isShaped('vnet0') && isShaped('vnet1'));
  const { status, stderr } = host.run(['verify']);
  assert.equal([status, stderr], [0, 'the kernel holds what was loaded\n']);
  assert.not.match(readdirSync(join(host.root, 'run/virt-shaper')).join(), 'in-force');
});

test('while a load waits for its confirmation: the former policy comes back all the same', async () => {
  const kept = part('var/lib/virt-shaper');
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  const before = kernelState();
  host.configure(config.replace('20mbit', '30mbit'));
  const args = [program, '--root', host.root, 'apply', '--confirm', '4'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = once(child, 'close');
  await eventually('the load', () => said.includes('unless you press'));
  assert.is.not(kernelState(), before);
  kept.close();
  const [status] = await ended;
  assert.is(status, 1, said);
  assert.match(said, 'not confirmed: the former policy is in force again');
  assert.is(kernelState(), before);
  assert.not.match(host.run(['status']).stdout, 'confirm');
  assert.is.not(host.run(['confirm']).status, 0, 'nothing waits any more');
});

test.run();
