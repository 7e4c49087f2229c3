// Many guests that start and end at once, by the file that libvirt runs, on a real kernel: they wait together and become
// one load, and what goes wrong for one of them is told of that one.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { hookCommand } from '../../src/hooks/hook-file.ts';
import { hookText } from '../../src/hooks/hook-script.ts';
import { makePaths } from '../../src/store/paths.ts';
import { awaitCalls } from '../support/hook-calls.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, kernelState, program, sh, TestHost } from './host.ts';

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
const tapOf = (name: string) => `vnet${name.slice(1)}`;

let host: TestHost;
let calls: string;
test.before.each(() => {
  host = new TestHost(config).bridge('br0', 'eth0');
  for (const name of guests) host.tap(tapOf(name));
  calls = makePaths({ root: host.root }).hookCalls;
  write('counted', `#!/bin/sh\necho begun >>${host.root}/starts\nexec ${process.execPath} ${program} "$@"\n`);
  const command = hookCommand([join(host.root, 'counted')], makePaths({ root: host.root }));
  write('qemu', hookText('qemu', command));
});
test.after.each(() => host.end());

function write(file: string, text: string): void {
  host.write(file, text);
  chmodSync(join(host.root, file), 0o755);
}

interface Ended {
  name: string;
  status: number | null;
  stderr: string;
}

/** @param whom is told the shell's process before it ends */
async function call(
  name: string,
  operation: string,
  { xml = domainXml(name, { [tapOf(name)]: 'br0' }), whom = (_: ChildProcess) => {} } = {},
): Promise<Ended> {
  const child = spawn(join(host.root, 'qemu'), [name, operation, 'begin', '-'], {
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
  });
  whom(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdin.on('error', () => {}).end(xml); // What ends by itself reads nothing.
  const [status] = await once(child, 'close');
  return { name, status, stderr: stderr.replace(/^logger: .*\n/gm, '') };
}

/** Nobody is at work until `work` has begun what shall wait together. */
async function held<T>(waiting: number, work: () => Promise<T>): Promise<T> {
  mkdirSync(calls, { recursive: true, mode: 0o700 });
  const holder = spawn('flock', ['--no-fork', join(calls, 'lock'), 'sleep', '60'], { stdio: 'ignore' });
  try {
    const all = work();
    while (readdirSync(calls).filter((name) => /^\d+\.qemu$/.test(name)).length < waiting) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    holder.kill();
    return await all;
  } finally {
    holder.kill();
  }
}

const begun = () => (existsSync(join(host.root, 'starts')) ? host.read('starts').length / 6 : 0);
const isShaped = (name: string) =>
  sh(`tc filter show dev ${tapOf(name)} egress 2>&1 || :`).includes('ifb-eth0');
const well = (name: string): Ended => ({ name, status: 0, stderr: '' });

test('guests that wait together become one load, and so do their ends', async () => {
  const before = kernelState();
  const started = await held(count, () => Promise.all(guests.map((name) => call(name, 'start'))));
  assert.equal(started, guests.map(well));
  assert.is(begun(), 1);
  assert.equal(guests.filter(isShaped), guests);
  assert.equal(await Promise.all(guests.map((name) => call(name, 'started'))), guests.map(well));
  assert.is(begun(), 1, 'each knows that its start was done');
  await held(count, () => Promise.all(guests.map((name) => call(name, 'stopped'))));
  awaitCalls(calls);
  assert.is(begun(), 2);
  assert.is(kernelState(), before);
});

test('a refusal, an XML that is none, and what else is said go to their own guest', async () => {
  const odd = [
    () => call('stranger', 'start', { xml: domainXml('stranger', { vnet1: 'br0' }) }),
    () => call('g2', 'start', { xml: '<nothing' }),
    () => call('g3', 'start', { xml: domainXml('g3', { nowhere0: 'br0' }) }),
    () => call('g4', 'start'),
    () => call('g5', 'start'),
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
  assert.equal(guests.filter(isShaped), ['g4', 'g5']);
  host.configure(`[hook]\non_failure = "refuse"\n${config}`);
  for (const command of ['render', 'load']) assert.is(host.run([command]).status, 0);
  const again = await held(2, () =>
    Promise.all([call('g2', 'start', { xml: '<nothing' }), call('g6', 'start')]),
  );
  assert.equal([again[0]?.status, again[1]], [1, well('g6')]);
});

test('where the load of all fails, each is tried alone', async () => {
  sh('tc qdisc add dev eth0 root handle 7: htb');
  const ended = await held(3, () => Promise.all(['g0', 'g1', 'g2'].map((name) => call(name, 'start'))));
  for (const { name, status, stderr } of ended) {
    assert.is(status, 0);
    assert.match(stderr, 'eth0 has a root qdisc');
    assert.match(stderr, `guest ${name} starts UNSHAPED`);
  }
  sh('tc qdisc del dev eth0 root');
  await Promise.all(['g0', 'g1', 'g2'].map((name) => call(name, 'started')));
  assert.equal(guests.filter(isShaped), ['g0', 'g1', 'g2']);
});

test('who leads and is killed, shell and program, leaves the others to the next', async () => {
  for (const name of ['program', 'shell and program']) {
    const shells = new Map<number, ChildProcess>();
    const leaders = `${host.root}/leaders`;
    write(
      'counted',
      `#!/bin/sh
      if mkdir ${leaders} 2>/dev/null; then
        ${name === 'program' ? '' : 'kill -9 $PPID'}
        kill -9 $$
      fi
      exec ${process.execPath} ${program} "$@"\n`,
    );
    const whom = (child: ChildProcess) => void shells.set(child.pid ?? 0, child);
    const ended = await held(4, () =>
      Promise.all(['g0', 'g1', 'g2', 'g3'].map((guest) => call(guest, 'start', { whom }))),
    );
    const lost = ended.filter(({ status, stderr }) => status !== 0 || stderr !== '');
    assert.ok(lost.length <= 1, JSON.stringify(lost));
    const others = ended.filter((one) => !lost.includes(one)).map((one) => one.name);
    assert.equal(others.filter(isShaped), others, name);
    for (const guest of ['g0', 'g1', 'g2', 'g3']) await call(guest, 'stopped');
    awaitCalls(calls);
    sh(`rmdir ${leaders}; rm -f ${calls}/[0-9]*`);
  }
});

test('a call is done whatever the clock and the umask of its shell say', async () => {
  const xml = domainXml('g0', { vnet0: 'br0' });
  const late = join(host.root, 'late.xml');
  writeFileSync(late, xml);
  // As old as a call gets by a clock that was set, while its shell waits for its turn.
  const flock =
    '#!/bin/sh\n[ "$1" != -w ] || touch -d "1 hour ago" "$(dirname "$0")"/../run/virt-shaper/hook-calls/*.qemu\nexec /usr/bin/flock "$@"\n';
  mkdirSync(join(host.root, 'bin'));
  write('bin/flock', flock);
  const path = `${host.root}/bin:${process.env.PATH}`;
  sh(`umask 000; PATH=${path} ${join(host.root, 'qemu')} g0 start begin - <${late}`);
  assert.ok(isShaped('g0'));
});

test('a folder of calls that somebody else can write is not believed', async () => {
  await call('g0', 'start');
  writeFileSync(join(calls, '99999991.qemu'), `stopped\ng0\n${domainXml('g0', { vnet0: 'br0' })}`);
  chmodSync(join(calls, '99999991.qemu'), 0o666);
  writeFileSync(join(calls, '99999992.qemu'), 'start\n');
  writeFileSync(join(calls, '99999993.other'), 'x');
  mkdirSync(join(calls, '99999994.qemu'));
  assert.equal(await call('g1', 'start'), well('g1'));
  assert.equal(guests.filter(isShaped), ['g0', 'g1']);
  sh(`touch -d '10 minutes ago' ${calls}/9999999*`);
  assert.equal(await call('g2', 'start'), well('g2'));
  assert.equal(
    readdirSync(calls).filter((name) => name !== 'lock'),
    [],
    'what nobody waits for goes',
  );
  sh(`chmod 0777 ${calls}`);
  assert.is((await call('g3', 'start')).status, 0);
});

test.run();
