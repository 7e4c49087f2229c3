// What may lie in the folder in which calls wait to be done together (hooks/calls.ts), and in its place: a crowd, much too
// much, names that are no file names, and what somebody else has put there. libvirt waits for the hook, so it may never
// hang, whatever lies there; and a guest that could be shaped by itself is shaped.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { slowness } from '../support/patience.ts';
import { unless } from '../support/skip.ts';
import { domainXml, kernelState, sh, TestHost } from './host.ts';
import { type Ended, InstalledHook, isShaped, tapOf, well } from './installed-hook.ts';
import { needsNobody } from './nobody.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const config = `
[defaults]
rate = "100kbit"
ceil = "20mbit"
unlisted = "shape"
[uplink.eth0]
ceil = "1gbit"
`;

/** Milliseconds within which a call ends that waits for nobody. */
const soon = 20_000 * slowness;

let host: TestHost;
let hook: InstalledHook;
test.before.each(() => {
  host = new TestHost(config).bridge('br0', 'eth0');
  hook = new InstalledHook(host);
});
test.after.each(async () => {
  await hook.idle();
  host.end();
});

const areShaped = (names: string[]) => names.filter((name) => isShaped(tapOf(name)));
const inbox = (name: string) => join(hook.calls, name);

async function inTime<T>(what: string, milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not over after ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

test('200 that start at once are all shaped, and 200 that end are all taken out', async () => {
  const guests = Array.from({ length: 200 }, (_, index) => `g${index}`);
  for (const name of guests) host.tap(tapOf(name));
  const before = kernelState();
  const began = performance.now();
  const last = { shaped: 0 };
  const started = await Promise.all(
    guests.map(async (name) => {
      const ended = await hook.call(name, 'start');
      last.shaped = performance.now() - began;
      return ended;
    }),
  );
  assert.equal(started, guests.map(well));
  const filters = sh('for tap in /sys/class/net/vnet*; do tc filter show dev $(basename $tap) egress; done');
  assert.is(filters.match(/Redirect to device ifb-eth0/g)?.length, guests.length);
  assert.ok(last.shaped < 60_000 * slowness, 'nobody has waited as long as a shell waits at most');
  const starts = hook.begun();
  assert.ok(starts < guests.length / 4, `${starts} starts of Node.js`);
  assert.equal(await Promise.all(guests.map((name) => hook.call(name, 'started'))), guests.map(well));
  assert.is(hook.begun(), starts, 'each knows that its start was done');
  assert.equal(await Promise.all(guests.map((name) => hook.call(name, 'stopped'))), guests.map(well));
  await hook.idle();
  assert.is(kernelState(), before);
  assert.equal(readdirSync(hook.calls), ['lock']);
});

test('an XML of 2 MB costs its own guest its shaping, and says so', async () => {
  for (const tap of ['vnet0', 'vnet1']) host.tap(tap);
  const xml = domainXml('g0', { vnet0: 'br0' }).replace(
    '<devices>',
    `<description>${'x'.repeat(2_000_000)}</description><devices>`,
  );
  const [large, other] = await Promise.all([hook.call('g0', 'start', { xml }), hook.call('g1', 'start')]);
  assert.is(large.status, 0);
  assert.match(large.stderr, 'larger than 1048576 bytes');
  assert.match(large.stderr, 'guest g0 starts UNSHAPED');
  assert.equal(other, well('g1'));
  assert.equal([isShaped('vnet0'), isShaped('vnet1')], [false, true]);
  assert.equal(await hook.call('g0', 'stopped', { xml }), well('g0'));
  await hook.idle();
  assert.equal(readdirSync(hook.calls), ['lock']);
});

/** What libvirt refuses is among them, too. */
const odd = [
  '../x',
  '../../etc/x',
  '/x',
  '.',
  '..',
  '-x',
  '--help',
  ' blanks  around ',
  '%s%n%d\\n',
  '$(touch owned)',
  '`touch owned`',
  "it's",
  'start',
  '*',
  'Grüße 日本語 🦆',
  'x'.repeat(255),
  'ü'.repeat(127),
  'tab\there',
];

test('names that are no file names are names of guests like others', async () => {
  const taps = new Map(odd.map((name, index) => [name, `vnet${index}`]));
  for (const tap of taps.values()) host.tap(tap);
  const outside = () => sh(`cd ${host.root} && find . -path './var*' -prune -o -print | sort`);
  const before = kernelState();
  const all = (operation: string) =>
    Promise.all(odd.map((name) => hook.call(name, operation, { tap: taps.get(name) ?? '' })));
  assert.equal(await all('start'), odd.map(well));
  assert.equal(
    odd.filter((name) => !isShaped(taps.get(name) ?? '')),
    [],
  );
  assert.equal(await all('started'), odd.map(well));
  assert.equal(await all('stopped'), odd.map(well));
  await hook.idle();
  assert.equal(await all('release'), odd.map(well));
  assert.is(kernelState(), before);
  assert.not.match(outside(), /owned|etc\/x|\/x\n/);
  assert.equal(readdirSync(hook.calls), ['lock']);
});

test('a name of two lines says nothing of the guest whose name is the first of them', async () => {
  for (const tap of ['vnet0', 'vnet1']) host.tap(tap);
  assert.equal(await hook.call('g0', 'start'), well('g0'));
  const name = 'g0\n<domain><name>g0</name></domain>';
  for (const operation of ['start', 'started', 'stopped', 'release']) {
    const { status } = await hook.call(name, operation, { tap: 'vnet1' });
    await hook.idle();
    assert.is(status, 0, operation);
    assert.ok(isShaped('vnet0'), operation);
  }
});

/** Of calls that are not done together one may wait for the other's load, and says so. */
function alone(ended: Ended[]): Ended[] {
  return ended.map((one) => ({ ...one, stderr: one.stderr.replace(/^waiting for another .*\n/m, '') }));
}

/** Ways in which the folder of calls is not what the hook has made. @param calls its path, for sh */
type Spoiled = [what: string, how: (calls: string) => string];
const spoiled: Spoiled[] = [
  ['a folder that anybody can write', (calls) => `chmod 0777 ${calls}`],
  ['a file in its place', (calls) => `rm -r ${calls}; touch ${calls}`],
  ['a FIFO in its place', (calls) => `rm -r ${calls}; mkfifo ${calls}`],
  [
    'a link to a folder of everybody',
    (calls) => `rm -r ${calls}; mkdir -m 777 ${calls}.else; ln -s ${calls}.else ${calls}`,
  ],
  ['a link that leads nowhere', (calls) => `rm -r ${calls}; ln -s /nowhere ${calls}`],
  ['a FIFO in place of the lock', (calls) => `rm ${calls}/lock; mkfifo ${calls}/lock`],
  ['a folder in place of the lock', (calls) => `rm ${calls}/lock; mkdir ${calls}/lock`],
  ['a link in place of the lock', (calls) => `rm ${calls}/lock; ln -s ${calls}.made-by-link ${calls}/lock`],
  [
    'calls of everybody, links, folders, FIFOs and junk',
    (calls) => `cd ${calls}
      printf 'stopped\\ng0\\n' >99999990.qemu; chmod 666 99999990.qemu
      ln -s /etc/passwd 99999993.qemu; ln -s /nowhere 99999994.lxc
      mkdir -p 99999995.qemu/x 99999996.answer; mkfifo 99999997.qemu 99999998.lxc
      head -c 9000 /dev/urandom >99999999.qemu; touch x ' ' '*' -- -r 1 1. .qemu 99.nobody`,
  ],
];
const givenAway: Spoiled[] = [
  ['a folder of somebody else', (calls) => `chown 65534:65534 ${calls}`],
  ['a folder of a group of somebody else', (calls) => `chgrp 65534 ${calls}; chmod 0770 ${calls}`],
  [
    'calls of somebody else',
    (calls) => `cd ${calls}
      printf 'stopped\\ng0\\n' | tee 99999991.qemu >99999992.qemu
      chmod 000 99999992.qemu; chown 65534 99999991.qemu 99999992.qemu`,
  ],
];

test('whatever the folder of calls has become, guests start and end as without it', () =>
  mustEndWell(spoiled));
unless(needsNobody(), test)('nor does it matter whose it is, or has things there', () =>
  mustEndWell(givenAway),
);

async function mustEndWell(ways: Spoiled[]): Promise<void> {
  for (const tap of ['vnet0', 'vnet1', 'vnet2']) host.tap(tap);
  assert.equal(await hook.call('g0', 'start'), well('g0'));
  const both = ['g1', 'g2'];
  const all = (operation: string) => Promise.all(both.map((name) => hook.call(name, operation)));
  for (const [what, how] of ways) {
    sh(`mkdir -m 700 -p ${hook.calls}; touch ${hook.calls}/lock`);
    sh(how(hook.calls));
    assert.equal(alone(await inTime(what, soon, all('start'))), both.map(well), what);
    assert.equal(areShaped(both), both, what);
    assert.equal(alone(await inTime(what, soon, all('stopped'))), both.map(well), what);
    await hook.idle();
    assert.equal(areShaped(['g0', ...both]), ['g0'], `${what}: who has ended is taken out, and nobody else`);
    assert.not.ok(existsSync(`${hook.calls}.made-by-link`), `${what}: no link is followed`);
    sh(`rm -rf ${hook.calls} ${hook.calls}.*`);
  }
}

test('what lies there under the number of a shell is nothing to that shell', async () => {
  host.tap('vnet0');
  await hook.call('g0', 'start');
  await hook.call('g0', 'stopped');
  await hook.idle();
  for (const made of [
    'mkfifo $$.next $$.answer $$.qemu',
    'mkdir $$.next $$.answer $$.qemu',
    `ln -s ${host.root}/linked $$.next; ln -s ${host.root}/linked $$.qemu; ln -s /etc/passwd $$.answer`,
    "echo 100 >$$.answer; printf 'stopped\\ng0\\n' >$$.qemu; chmod 666 $$.*",
  ]) {
    const script = `cd ${hook.calls}; ${made}; cd /; exec ${hook.file} g0 start begin -`;
    const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'pipe'] });
    child.stdin?.end(domainXml('g0', { vnet0: 'br0' }));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    assert.is(await inTime(made, soon, ended).finally(() => child.kill('SIGKILL')), 0, made);
    assert.ok(isShaped('vnet0'), made);
    assert.not.ok(existsSync(join(host.root, 'linked')), made);
    await hook.call('g0', 'stopped');
    await hook.idle();
    assert.not.ok(isShaped('vnet0'), made);
    assert.equal(readdirSync(hook.calls), ['lock'], made);
  }
});

test('a note of a guest that is no file is no note', async () => {
  host.tap('vnet0');
  const note = join(host.root, 'run/virt-shaper/hook-told/qemu/g0');
  for (const made of ['mkfifo', 'mkdir', 'ln -s /dev/zero']) {
    for (const operation of ['start', 'started', 'stopped', 'release']) {
      sh(`rm -rf ${note}; mkdir -p ${dirname(note)}; ${made} ${note}`);
      const { status } = await inTime(`${made}, ${operation}`, soon, hook.call('g0', operation));
      assert.is(status, 0);
      await hook.idle();
    }
    sh(`rm -rf ${note}`);
  }
});

test('where no systemd reads it, nothing is left to be read', async () => {
  for (const tap of ['vnet0', 'vnet1']) host.tap(tap);
  const want = join(host.root, 'run/virt-shaper/sync-wanted');
  for (const operation of ['reconnect', 'attach', 'started']) {
    await hook.call('g0', operation);
    assert.ok(isShaped('vnet0'), `${operation} is done, not left to others`);
    assert.not.ok(existsSync(want), operation);
    await hook.call('g0', 'stopped');
    await hook.idle();
    assert.not.ok(isShaped('vnet0'), operation);
  }
  await hook.call('g0', 'stopped');
  await hook.call('g0', 'release');
  await hook.idle();
  assert.equal(readdirSync(hook.calls), ['lock']);
  assert.equal(readdirSync(join(host.root, 'run/virt-shaper/hook-told/qemu')), []);
});

test('where nothing can be laid down, each is done by itself', async () => {
  for (const tap of ['vnet0', 'vnet1']) host.tap(tap);
  sh(
    `mkdir -p ${hook.calls}; mount -t tmpfs -o size=4k,mode=700 full ${hook.calls}; touch ${hook.calls}/lock`,
  );
  try {
    spawnSync('sh', ['-c', `head -c 9000 /dev/zero >${inbox('filling')}`]);
    const both = ['g0', 'g1'];
    const ended = await inTime('full', soon, Promise.all(both.map((name) => hook.call(name, 'start'))));
    assert.equal(alone(ended), both.map(well));
    assert.equal(
      both.filter((name) => !isShaped(tapOf(name))),
      [],
    );
  } finally {
    sh(`umount ${hook.calls}`);
  }
});

test.run();
