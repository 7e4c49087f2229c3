// What is said and to whom: the log of a hook that nobody watches, the status that libvirt goes by, a load that waits for
// its confirmation, and which of libvirt's words are followed.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { slowness } from '../support/patience.ts';
import { domainXml, kernelState, sh } from './host.ts';
import { twoGuests as config, insideTest } from './inside.ts';

const { test, host } = insideTest({
  begin: (host) => host.write('run/libvirt/qemu/.keep', ''),
});

const logged = () => (host.exists('logged') ? host.read('logged') : '');

/** What would go to the system's log is written to a file, with how it is called. */
function hearLog(): void {
  host.wrap('logger', `{ echo "$*"; cat; } >>${host.root}/logged; exit 0`);
}

test('a hook that has nothing to say writes nothing to the log', async () => {
  hearLog();
  assert.equal(await host.call('cliff', 'start', { vnet0: 'br0' }), { status: 0, stdout: '', stderr: '' });
  assert.is(logged(), '');
});

test('what a hook warns of goes to the log in one call, each line with its priority', async () => {
  hearLog();
  host.wrap('tc', 'case "$*" in *stage*) exit 1;; esac');
  const { status, stdout, stderr } = await host.call('cliff', 'start', { vnet0: 'br0' });
  assert.equal([status, stdout], [0, '']);
  const [how, ...lines] = logged().trimEnd().split('\n');
  assert.is(how, '--tag virt-shaper --priority daemon.warning --prio-prefix');
  assert.equal(
    lines,
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => `<4>${line}`),
  );
  assert.match(lines.at(-1) ?? '', 'guest cliff starts UNSHAPED');
});

test('a start that is refused is an error in the log, and whatever is in a name drives no log', async () => {
  hearLog();
  host.configure('defaults.unlisted = "refuse"\n[uplink.eth0]\nceil = "1gbit"\n');
  const { status, stderr } = await host.call('e\u001b]0;x', 'start', { vnet0: 'br0' });
  assert.is(status, 1, stderr);
  assert.match(logged(), /<3>virt-shaper: guest "?e.*may not start/);
  assert.not.match(logged(), '\u001b');
});

test('the status that the hook file asks for says "refused", and no other does', async () => {
  const before = process.env.VIRT_SHAPER_REFUSAL;
  const refused = async (asked: string) => {
    process.env.VIRT_SHAPER_REFUSAL = asked;
    return (await host.call('cliff', 'start', { vnet0: 'br0' })).status;
  };
  try {
    host.configure('hook.on_failure = "refuse"\n[guest.cliff]\nrate = "fast"\n');
    assert.equal([await refused('1'), await refused('93'), await refused('0')], [1, 93, 2]);
    host.configure(`hook.on_failure = "refuse"\n${config}`);
    host.wrap('tc', 'case "$*" in *stage*) exit 1;; esac');
    for (const [asked, status] of [
      ['93', 93],
      ['1', 1],
      ['125', 125],
      ['126', 1],
      ['0', 1],
      ['-5', 1],
      ['x', 1],
    ] as const)
      assert.is(await refused(asked), status, asked);
    process.env.VIRT_SHAPER_REFUSAL = '93';
    for (const operation of ['started', 'stopped', 'release', 'reconnect']) {
      assert.is((await host.call('cliff', operation, { vnet0: 'br0' })).status, 0, operation);
    }
  } finally {
    if (before === undefined) delete process.env.VIRT_SHAPER_REFUSAL;
    else process.env.VIRT_SHAPER_REFUSAL = before;
  }
});

const confirm = 'run/virt-shaper/confirm/pending.json';
const uptime = () => Number(sh('cat /proc/uptime').split(' ')[0]) * 1000;

test('a load that waits is nobody else’s until its time is up, and some seconds more', async () => {
  await host.call('cliff', 'start', { vnet0: 'br0' });
  host.configure(config.replace('20mbit', '50mbit'));
  await host.must(['render']);
  const wait = (seconds: number) =>
    host.write(confirm, JSON.stringify({ id: 'x', deadline: uptime() + seconds * 1000, former: true }));
  wait(60);
  const { status, stderr } = await host.do(['load', '--confirm', '1']);
  assert.is(status, 1);
  assert.match(stderr, 'another load waits for its confirmation');
  await host.must(['sync', '--in-force']);
  assert.ok(host.exists(confirm), 'the time is not up');
  wait(-1);
  await host.must(['sync', '--in-force']);
  assert.ok(host.exists(confirm), 'its own process has some seconds for it');
  wait(-60);
  host.write('run/virt-shaper/confirm/former/.keep', '');
  for (const name of ['shape.tc', 'ruleset.nft', 'devices.ip', '.source.json', '.plan.json']) {
    host.write(
      `run/virt-shaper/confirm/former/${name}`,
      host.read(`var/lib/virt-shaper/rules.d/good/${name}`),
    );
  }
  await host.must(['sync', '--in-force']);
  assert.not(host.exists(confirm), 'nobody is left to take it back');
  assert.match(sh('tc class show dev eth0'), 'ceil 20Mbit');
});

test('a plain load, an apply and an unload decide for a load that waits', async () => {
  await host.call('cliff', 'start', { vnet0: 'br0' });
  for (const command of ['load', 'apply', 'unload']) {
    host.write(confirm, JSON.stringify({ id: 'x', deadline: uptime() + 60_000, former: false }));
    const { stderr } = await host.must([command]);
    assert.not(host.exists(confirm), command);
    assert.is(/is not taken back any more: this one counts/.test(stderr), command !== 'unload', stderr);
  }
  const { status, stderr } = await host.do(['confirm']);
  assert.is(status, 1);
  assert.match(stderr, 'no load waits for a confirmation');
});

test('a load with nothing to do need not be confirmed; one that fails waits for nobody', async () => {
  await host.call('cliff', 'start', { vnet0: 'br0' });
  assert.match((await host.must(['load', '--confirm', '60'])).stderr, 'nothing to do');
  assert.not(host.exists(confirm));
  host.configure(config.replace('20mbit', '50mbit'));
  assert.match(
    (await host.must(['load', '--confirm', '60'])).stderr,
    'the configuration has changed since rules.d was rendered',
  );
  await host.must(['render']);
  for (const [fails, says] of [
    ['kill -9 $$', 'what was in force before still is'],
    ['echo no >&2; exit 1', 'eth0 stays as it was'],
  ]) {
    host.wrap('tc', `case "$*" in *stage*) ${fails};; esac`);
    const { status, stderr } = await host.do(['load', '--confirm', '60']);
    assert.is(status, 1);
    assert.not.match(stderr, 'returns in');
    assert.match(stderr, says as string);
    assert.not(host.exists(confirm));
  }
});

test('of the network hook four words start a sync, and no other does', async () => {
  const began = (operation: string) => host.do(['hook', 'network', 'default', operation, 'begin', '-']);
  for (const operation of ['started', 'stopped', 'updated', 'port-updated']) await began(operation);
  for (const operation of ['port-created', 'port-deleted', 'plugged', 'unplugged']) {
    rmSync(join(host.root, 'run/virt-shaper/last-sync'), { force: true });
    assert.equal(await began(operation), { status: 0, stdout: '', stderr: '' });
    assert.not(host.exists('run/virt-shaper/last-sync'), 'the others have started none');
    for (let tries = 0; tries < 300 * slowness && !host.exists('run/virt-shaper/last-sync'); tries += 1)
      await sleep(100);
    assert.ok(host.exists('run/virt-shaper/last-sync'), operation);
  }
});

test('while all is unloaded the network hook starts no sync', async () => {
  const syncs = () => sh(`ps -o args= --ppid ${process.pid}`).match(/ sync --settle 1 /g)?.length ?? 0;
  const plugged = () => host.do(['hook', 'network', 'default', 'plugged', 'begin', '-']);
  await host.call('cliff', 'start', { vnet0: 'br0' });
  await host.must(['unload']);
  await plugged();
  assert.is(syncs(), 0);
  await host.must(['load']);
  await plugged();
  assert.is(syncs(), 1);
  for (let tries = 0; tries < 300 * slowness && syncs() > 0; tries += 1) await sleep(100);
});

test('an operation that is not followed does nothing; those that are shape, once', async () => {
  const before = kernelState();
  for (const operation of ['prepare', 'migrate', 'restore', 'no-such']) {
    assert.equal(await host.call('cliff', operation, { vnet0: 'br0' }), {
      status: 0,
      stdout: '',
      stderr: '',
    });
  }
  assert.is(kernelState(), before);
  for (const operation of ['started', 'reconnect', 'attach']) {
    await host.call('cliff', operation, { vnet0: 'br0' });
    assert.match(sh('nft list table bridge virt-shaper'), 'cliff sends', operation);
    await host.call('cliff', operation === 'started' ? 'stopped' : 'release');
    assert.is(kernelState(), before, operation);
  }
});

test('a guest that libvirt tells of again stays noted as it was; with one NIC more it is shaped there, too', async () => {
  host.runs('cliff', { vnet0: 'br0' });
  await host.must(['sync']);
  const noted = () => host.read('run/virt-shaper/guests.json');
  const before = noted();
  await host.call('cliff', 'reconnect', { vnet0: 'br0' });
  assert.is(noted(), before);
  await host.call('cliff', 'reconnect', { vnet0: 'br0', vnet1: 'br0' });
  for (const tap of ['vnet0', 'vnet1']) assert.match(sh(`tc filter show dev ${tap} egress`), 'ifb-eth0');
});

test('who ends by his uuid was noted by another name; one with taps is another', async () => {
  await host.call('cliff', 'start', { vnet0: 'br0' });
  const ends = (name: string) => host.do(['hook', 'qemu', name, 'stopped', 'end', '-'], domainXml(name, {}));
  await ends('renamed');
  assert.match(host.read('run/virt-shaper/guests.json'), 'cliff', 'its tap is there');
  sh('ip link del vnet0');
  await ends('renamed');
  assert.not.match(host.read('run/virt-shaper/guests.json'), 'cliff');
});

test.run();
