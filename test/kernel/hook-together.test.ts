// Many guests that start and end at once, by the file that libvirt runs, on a real kernel: they wait together and become
// one load, and what goes wrong for one of them is told of that one.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { awaitCalls } from '../support/hook-calls.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, kernelState, sh, TestHost } from './host.ts';
import { InstalledHook, isShaped, tapOf, well } from './installed-hook.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const config = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
unlisted = "refuse"
[uplink.eth0]
ceil = "1gbit"
[guest."g*"]
`;
const count = 12;
const guests = Array.from({ length: count }, (_, index) => `g${index}`);

let host: TestHost;
let hook: InstalledHook;
test.before.each(() => {
  host = new TestHost(config).bridge('br0', 'eth0');
  for (const name of guests) host.tap(tapOf(name));
  hook = new InstalledHook(host);
});
test.after.each(() => host.end());

/** Nobody is at work until `work` has begun what shall wait together. */
async function held<T>(waiting: number, work: () => Promise<T>): Promise<T> {
  mkdirSync(hook.calls, { recursive: true, mode: 0o700 });
  const holder = spawn('flock', ['--no-fork', join(hook.calls, 'lock'), 'sleep', '60'], { stdio: 'ignore' });
  try {
    const all = work();
    while (readdirSync(hook.calls).filter((name) => /^\d+\.qemu$/.test(name)).length < waiting) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    holder.kill();
    return await all;
  } finally {
    holder.kill();
  }
}

const areShaped = (names: string[]) => names.filter((name) => isShaped(tapOf(name)));

test('guests that wait together become one load, and so do their ends', async () => {
  const before = kernelState();
  const started = await held(count, () => Promise.all(guests.map((name) => hook.call(name, 'start'))));
  assert.equal(started, guests.map(well));
  assert.is(hook.begun(), 1);
  assert.equal(areShaped(guests), guests);
  assert.equal(await Promise.all(guests.map((name) => hook.call(name, 'started'))), guests.map(well));
  assert.is(hook.begun(), 1, 'each knows that its start was done');
  await held(count, () => Promise.all(guests.map((name) => hook.call(name, 'stopped'))));
  awaitCalls(hook.calls);
  assert.is(hook.begun(), 2);
  assert.is(kernelState(), before);
});

test('a refusal, an XML that is none, and what else is said go to their own guest', async () => {
  const odd = [
    () => hook.call('stranger', 'start', { xml: domainXml('stranger', { vnet1: 'br0' }) }),
    () => hook.call('g2', 'start', { xml: '<nothing' }),
    () => hook.call('g3', 'start', { xml: domainXml('g3', { nowhere0: 'br0' }) }),
    () => hook.call('g4', 'start'),
    () => hook.call('g5', 'start'),
  ];
  const ended = await held(odd.length, () => Promise.all(odd.map((begin) => begin())));
  const [stranger, broken, tapless, ...others] = ended;
  assert.is(stranger?.status, 1);
  assert.match(stranger?.stderr ?? '', 'guest stranger may not start');
  assert.is(broken?.status, 0);
  assert.match(broken?.stderr ?? '', 'guest g2 starts UNSHAPED');
  assert.is(tapless?.status, 0);
  assert.match(tapless?.stderr ?? '', 'nowhere0');
  assert.equal(others, [well('g4'), well('g5')]);
  assert.equal(areShaped(guests), ['g4', 'g5']);
  host.configure(`[hook]\non_failure = "refuse"\n${config}`);
  for (const command of ['render', 'load']) assert.is(host.run([command]).status, 0);
  const again = await held(2, () =>
    Promise.all([hook.call('g2', 'start', { xml: '<nothing' }), hook.call('g6', 'start')]),
  );
  assert.equal([again[0]?.status, again[1]], [1, well('g6')]);
});

test('where the load of all fails, each is tried alone', async () => {
  sh('tc qdisc add dev eth0 root handle 7: htb');
  const ended = await held(3, () => Promise.all(['g0', 'g1', 'g2'].map((name) => hook.call(name, 'start'))));
  for (const { name, status, stderr } of ended) {
    assert.is(status, 0);
    assert.match(stderr, 'eth0 has a root qdisc');
    assert.match(stderr, `guest ${name} starts UNSHAPED`);
  }
  sh('tc qdisc del dev eth0 root');
  await Promise.all(['g0', 'g1', 'g2'].map((name) => hook.call(name, 'started')));
  assert.equal(areShaped(guests), ['g0', 'g1', 'g2']);
});

test('who leads and is killed, shell and program, leaves the others to the next', async () => {
  for (const name of ['program', 'shell and program']) {
    const shells = new Map<number, ChildProcess>();
    const leaders = `${host.root}/leaders`;
    hook.replaceProgram(`if mkdir ${leaders} 2>/dev/null; then
        ${name === 'program' ? '' : 'kill -9 $PPID'}
        kill -9 $$
      fi`);
    const whom = (child: ChildProcess) => void shells.set(child.pid ?? 0, child);
    const ended = await held(4, () =>
      Promise.all(['g0', 'g1', 'g2', 'g3'].map((guest) => hook.call(guest, 'start', { whom }))),
    );
    const lost = ended.filter(({ status, stderr }) => status !== 0 || stderr !== '');
    assert.ok(lost.length <= 1, JSON.stringify(lost));
    const others = ended.filter((one) => !lost.includes(one)).map((one) => one.name);
    assert.equal(areShaped(others), others, name);
    for (const guest of ['g0', 'g1', 'g2', 'g3']) await hook.call(guest, 'stopped');
    awaitCalls(hook.calls);
    sh(`rmdir ${leaders}; rm -f ${hook.calls}/[0-9]*`);
  }
});

test('a call is done whatever the clock and the umask of its shell say', async () => {
  const xml = domainXml('g0', { vnet0: 'br0' });
  const late = join(host.root, 'late.xml');
  writeFileSync(late, xml);
  // As old as a call gets by a clock that was set, while its shell waits for its turn.
  const flock =
    '#!/bin/sh\n[ "$1" != -w ] || touch -d "1 hour ago" "$(dirname "$0")"/../run/virt-shaper/hook-calls/*.qemu\nexec /usr/bin/flock "$@"\n';
  host.write('bin/flock', flock);
  chmodSync(join(host.root, 'bin/flock'), 0o755);
  const path = `${host.root}/bin:${process.env.PATH}`;
  sh(`umask 000; PATH=${path} ${hook.file} g0 start begin - <${late}`);
  assert.ok(isShaped('vnet0'));
});

test('a folder of calls that somebody else can write is not believed', async () => {
  await hook.call('g0', 'start');
  writeFileSync(join(hook.calls, '99999991.qemu'), `stopped\ng0\n${domainXml('g0', { vnet0: 'br0' })}`);
  chmodSync(join(hook.calls, '99999991.qemu'), 0o666);
  writeFileSync(join(hook.calls, '99999992.qemu'), 'start\n');
  writeFileSync(join(hook.calls, '99999993.other'), 'x');
  mkdirSync(join(hook.calls, '99999994.qemu'));
  assert.equal(await hook.call('g1', 'start'), well('g1'));
  assert.equal(areShaped(guests), ['g0', 'g1']);
  sh(`touch -d '10 minutes ago' ${hook.calls}/9999999*`);
  assert.equal(await hook.call('g2', 'start'), well('g2'));
  assert.equal(
    readdirSync(hook.calls).filter((name) => name !== 'lock'),
    [],
    'what nobody waits for goes',
  );
  sh(`chmod 0777 ${hook.calls}`);
  assert.is((await hook.call('g3', 'start')).status, 0);
});

test.run();
