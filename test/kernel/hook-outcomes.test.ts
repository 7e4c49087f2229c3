// How a hook's call ends: the status that tells its script that nothing is left to do, what is said to whom, and what the
// guest's next call tries again. Several calls in one process: hook-together.test.ts has the shells around them.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { callVariable, leadVariable } from '../../src/hooks/calls.ts';
import { doneVariable } from '../../src/hooks/statuses.ts';
import { domainXml, sh } from './host.ts';
import { insideTest, twoGuests } from './inside.ts';

const config = `${twoGuests}[guest.ann]\n`;
const { test, host } = insideTest({
  config,
  begin: () => {
    process.env[doneVariable] = '99';
  },
});
test.after.each(() => {
  for (const name of [doneVariable, callVariable, leadVariable]) delete process.env[name];
});

const start = (name: string, tap = 'vnet0') => host.call(name, 'start', { [tap]: 'br0' });
const table = () => sh('nft list table bridge virt-shaper 2>/dev/null || :');
const breakStage = () => host.wrap('tc', 'case "$*" in *stage*) exit 1;; esac');

test('what is done needs no further call', async () => {
  assert.equal(await start('cliff'), { status: 99, stdout: '', stderr: '' });
  assert.is((await start('nobody', 'vnet1')).status, 99, 'who is not to be shaped is done, too');
  sh('ip link del vnet0');
  assert.equal(await host.call('cliff', 'stopped'), { status: 99, stdout: '', stderr: '' });
  assert.is((await host.call('cliff', 'stopped')).status, 99);
});

test('the end of a guest of which nobody knows asks nothing of the kernel, though it may not be as it was', async () => {
  await start('cliff');
  rmSync(join(host.root, 'run/virt-shaper/table-as-listed'));
  host.wrap('nft', `touch ${host.root}/asked`);
  assert.equal(await host.call('stranger', 'stopped'), { status: 99, stdout: '', stderr: '' });
  assert.not(host.exists('asked'));
  assert.is((await start('rob', 'vnet1')).status, 99);
  assert.ok(host.exists('asked'));
});

test('the status that says so is the one that the hook file asks for, where a program can end with it', async () => {
  for (const [asked, status] of [
    ['1', 1],
    ['125', 125],
    ['126', 0],
    ['0', 0],
    ['-5', 0],
    ['x', 0],
  ] as const) {
    process.env[doneVariable] = asked;
    assert.is((await host.call('cliff', 'stopped')).status, status, asked);
  }
});

test('what nobody has expected refuses a start where any error does, and no end', async () => {
  process.env[callVariable] = '/nowhere/1.qemu';
  process.env[leadVariable] = '1';
  for (const [wish, operation, status] of [
    ['allow', 'start', 0],
    ['refuse', 'start', 1],
    ['refuse', 'stopped', 0],
  ] as const) {
    host.configure(`hook.on_failure = "${wish}"\n${config}`);
    const ended = await host.call('cliff', operation, { vnet0: 'br0' });
    assert.is(ended.status, status, `${wish}, ${operation}`);
    assert.match(ended.stderr, '/nowhere');
  }
});

test('what failed is tried again by the next call', async () => {
  await start('cliff');
  breakStage();
  const { status, stderr } = await start('rob', 'vnet1');
  assert.is(status, 0);
  assert.match(stderr, 'guest rob starts UNSHAPED; virt-shaper sync --in-force tries again');
  host.unwrap();
  assert.is((await host.call('rob', 'started', { vnet1: 'br0' })).status, 0);
  assert.match(table(), 'rob sends');
});

test('an end that cannot be loaded is not done, and nobody is said to start', async () => {
  await start('cliff');
  await start('rob', 'vnet1');
  sh('ip link del vnet1');
  host.wrap('nft', 'case "$*" in *commit*) echo no >&2; exit 1;; esac');
  const { status, stderr } = await host.call('rob', 'stopped');
  host.unwrap();
  assert.is(status, 0);
  assert.match(stderr, 'refused');
  assert.not.match(stderr, 'UNSHAPED');
  assert.is(host.history().failures, 1);
});

test('a NIC that cannot be shaped is no reason to be done', async () => {
  sh('ip link add br7 type bridge; ip link set br7 up; ip link set vnet1 master br7');
  const { status, stderr } = await host.call('rob', 'start', { vnet1: 'br7' });
  assert.is(status, 0);
  assert.match(stderr, 'warning: guest rob, vnet1: ');
});

test('an XML that is none: the guest starts, is said to be unshaped, and its next call is made', async () => {
  const { status, stderr } = await host.do(['hook', 'qemu', 'cliff', 'start', 'begin', '-'], '<domain');
  assert.is(status, 0);
  assert.match(stderr, 'guest cliff starts UNSHAPED');
});

test('while all is unloaded a guest that starts is told of, and nothing is loaded', async () => {
  await start('cliff');
  await host.must(['unload']);
  const { stderr } = await start('rob', 'vnet1');
  assert.match(stderr, /guest rob starts UNSHAPED: .*; virt-shaper apply loads again/);
  assert.is(table(), '');
});

test('after a load that failed the kernel is read, and not believed', async () => {
  await start('cliff');
  breakStage();
  await start('rob', 'vnet1');
  host.unwrap();
  host.wrap('nft', `echo "$*" >>${host.root}/asked`);
  assert.is((await start('ann', 'vnet2')).status, 99);
  assert.match(host.read('asked'), 'list table bridge');
  host.unwrap();
  assert.match(table(), 'rob sends');
});

test('a plan that cannot be read counts as none: who runs on is shaped anew, and it is made again', async () => {
  await start('cliff');
  const plan = 'var/lib/virt-shaper/rules.d/good/.plan.json';
  const whole = host.read(plan);
  host.write(plan, '{');
  await host.call('cliff', 'started', { vnet0: 'br0' });
  assert.is(host.read(plan), whole);
});

/** Another virt-shaper has the lock. @returns how often its end is waited for by `work` */
async function whileHeld(work: () => Promise<void>): Promise<number> {
  const holder = spawn('flock', ['-x', join(host.root, 'run/virt-shaper/lock'), 'sleep', '60'], {
    detached: true,
    stdio: 'ignore',
  });
  try {
    for (let tries = 0; tries < 200; tries += 1) {
      if (sh(`flock -n ${host.root}/run/virt-shaper/lock true || echo held`) !== '') break;
    }
    host.wrap('flock', `echo "$*" >>${host.root}/asked`);
    await work();
    return host.read('asked').match(/-w 1 /g)?.length ?? 0;
  } finally {
    process.kill(-(holder.pid ?? 0), 'SIGKILL');
  }
}

test('who waits in vain for the lock and is refused does not wait for it again', async () => {
  host.configure(`hook.on_failure = "refuse"\n${config}`);
  await start('cliff');
  const waits = await whileHeld(async () => {
    const call = ['--lock-timeout', '1', 'hook', 'qemu', 'rob', 'start', 'begin', '-'];
    const { status, stderr } = await host.do(call, domainXml('rob', { vnet1: 'br0' }));
    assert.is(status, 1);
    assert.match(stderr, 'another virt-shaper has held');
  });
  assert.is(waits, 1);
  assert.not.match(host.read('run/virt-shaper/guests.json'), 'rob', 'it is noted no more');
});

test('of several that wait for it in vain none waits by itself once more', async () => {
  await start('ann', 'vnet2');
  const waits = await whileHeld(async () => {
    const calls: [string, string, string][] = [
      ['rob', 'start', 'vnet1'],
      ['cliff', 'start', 'vnet0'],
    ];
    const { led, answers } = await together(calls, ['--lock-timeout', '1']);
    assert.match(answers[0] ?? '', /^0\n.*another virt-shaper has held(.*\n)+guest rob starts UNSHAPED/);
    assert.is(led.status, 0);
    assert.match(led.stderr, /another virt-shaper has held(.*\n)+guest cliff starts UNSHAPED/);
  });
  assert.is(waits, 1);
});

/** As the shells of hooks lay them down; the last of them leads. @returns how it ends, and each answer */
async function together(calls: [name: string, operation: string, tap?: string][], options: string[] = []) {
  const files = calls.map(([name, operation, tap], index) => {
    const file = `run/virt-shaper/hook-calls/${process.pid}${index}.qemu`;
    host.write(file, [operation, name, domainXml(name, tap ? { [tap]: 'br0' } : {})].join('\n'));
    sh(`touch -d @$(($(date +%s) - ${calls.length - index})) ${join(host.root, file)}`);
    return join(host.root, file);
  });
  process.env[callVariable] = files.at(-1);
  process.env[leadVariable] = '1';
  const [name = '', operation = ''] = calls.at(-1) ?? [];
  const led = await host.do([...options, 'hook', 'qemu', name, operation, 'begin', '-']);
  delete process.env[callVariable];
  delete process.env[leadVariable];
  const answers = files.map((file) => {
    const answer = file.replace('.qemu', '.answer');
    return existsSync(answer) ? sh(`cat ${answer}`) : '';
  });
  return { led, answers };
}

test('of calls that come together each counts in its order', async () => {
  await start('cliff');
  sh('ip link del vnet0');
  host.tap('vnet0');
  const { led, answers } = await together([
    ['cliff', 'stopped'],
    ['cliff', 'start', 'vnet0'],
    ['rob', 'start', 'vnet1'],
  ]);
  assert.equal(answers, ['99\n', '99\n', '']);
  assert.equal([led.status, led.stderr], [99, '']);
  assert.match(table(), 'cliff sends');
  assert.match(table(), 'rob sends');
  assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0');
});

test('one that is refused costs the others nothing, and each hears only of itself', async () => {
  host.configure(config.replace('[defaults]', '[defaults]\nunlisted = "refuse"'));
  const { led, answers } = await together([
    ['cliff', 'start', 'vnet0'],
    ['stranger', 'start', 'vnet2'],
    ['rob', 'start', 'vnet1'],
  ]);
  assert.is(answers[0], '99\n');
  assert.match(answers[1] ?? '', 'guest stranger may not start');
  assert.equal([led.status, led.stderr], [99, '']);
  assert.match(table(), 'cliff sends');
  assert.match(table(), 'rob sends');
  assert.not.match(host.read('run/virt-shaper/guests.json'), 'stranger');
  assert.is(host.history().failures, 0, 'what the administrator wants is no failure');
});

test('who waits beside one that is refused is told what is its own, and tries again', async () => {
  host.configure(config.replace('[defaults]', '[defaults]\nunlisted = "refuse"'));
  sh('ip link add br7 type bridge; ip link set br7 up; ip link set vnet2 master br7');
  const { led, answers } = await together([
    ['ann', 'start', 'vnet2'],
    ['stranger', 'start', 'vnet1'],
    ['cliff', 'start', 'vnet0'],
  ]);
  assert.match(answers[0] ?? '', /^0\n.*ann, vnet2/);
  assert.match(answers[1] ?? '', 'guest stranger may not start');
  assert.is(led.status, 99);
});

test('what one guest is warned of is not told to another', async () => {
  sh('ip link add br7 type bridge; ip link set br7 up; ip link set vnet2 master br7');
  const { led, answers } = await together([
    ['ann', 'start', 'vnet2'],
    ['cliff', 'start', 'vnet0'],
  ]);
  assert.match(answers[0] ?? '', 'ann, vnet2');
  assert.not.match(led.stderr, 'ann');
  assert.is(led.status, 99);
});

test.run();
