// One host with the .deb: installed while guests run, the old hook's example, an upgrade under load, removed, purged.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { callHook, makeNetwork, oldExample, statusXml } from '../guests.ts';
import { bring, filesOf, install, makeMachine, makeReadyMachine, outside } from '../machine.ts';
import { upgradeUnderLoad } from '../upgrade-under-load.ts';

makeNetwork();
const host = makeReadyMachine('host');
const pristine = filesOf(host);
const former = bring(host, 'deb', 'former');
const present = bring(host, 'deb', 'built');
const hooks = ['qemu', 'lxc', 'network'].map((driver) => `/etc/libvirt/hooks/${driver}.d/50-virt-shaper`);

test('apt installs it with what it depends on, without the network', () => {
  const fresh = makeMachine('fresh');
  fresh.must(`${install} ${bring(fresh, 'deb', 'built')}`);
  assert.match(fresh.must('virt-shaper --version'), /^\d+\.\d+\.\d+\n$/);
  assert.is(fresh.run('dpkg --audit').output, '');
  console.log(fresh.must('cat /etc/debian_version; node --version; nft --version; tc -V'));
});

test('without a configuration the hook is there, nothing is limited, and what to do is said', () => {
  const said = host.must(`${install} ${former}`);
  assert.match(said, /no guest is limited yet/);
  // Word for word, in this order; the hooks are in place.
  const steps = [...said.matchAll(/^virt-shaper: {3}(.*)$/gm)].map(([, step = '']) => step);
  assert.equal(steps, [
    'virt-shaper doctor',
    'virt-shaper init',
    'editor /etc/virt-shaper/config.toml',
    'virt-shaper check',
    'virt-shaper apply',
    'virt-shaper status',
  ]);
  for (const step of steps.filter((one) => !one.startsWith('editor'))) {
    const { status, output } = host.run(step);
    // doctor tells of the machine's own, too.
    const expected = step.endsWith('doctor') ? [0, 1, 3] : [0];
    assert.ok(expected.includes(status ?? -1), `${step}: ${output}`);
  }
  for (const hook of hooks) assert.ok(host.exists(hook), hook);
  assert.is(host.must('nft list ruleset'), '');
  host.must('dpkg --purge virt-shaper');
});

test('guests that run when it is installed are shaped, by the old example', () => {
  host.write('/root/bandwidth.conf', oldExample);
  host.must(
    `dpkg --unpack ${former} && virt-shaper import /root/bandwidth.conf > /root/config.toml && dpkg --purge virt-shaper`,
  );
  host.write('/etc/virt-shaper/config.toml', host.read('/root/config.toml'));
  host.write('/run/libvirt/qemu/cliff.xml', statusXml('cliff'));
  console.log(host.must(`${install} ${former}`));
  assert.is(host.must('virt-shaper --version'), '0.0.9\n');
  assert.match(outside('tc class show dev eth0'), /class htb 1:10 parent 1:1 .*rate 15Mbit ceil 30Mbit/);
  assert.is(host.must('virt-shaper verify 2>&1'), 'the kernel holds what was loaded\n');
});

test('libvirt starts another, by the hook', () => {
  const { status, output } = callHook(host, 'jason', 'start');
  assert.is(status, 0, output);
  assert.is(output, '');
  host.write('/run/libvirt/qemu/jason.xml', statusXml('jason'));
  assert.match(outside('tc class show dev eth0'), /class htb 1:20 /);
});

test('an upgrade under load: no packet goes unshaped, no class is made anew, every start succeeds', async () => {
  const ids = host.read('/var/lib/virt-shaper/ids.json');
  await upgradeUnderLoad(host, present);
  assert.match(host.must('virt-shaper --version'), /^0\.[1-9]/);
  assert.is(host.read('/var/lib/virt-shaper/ids.json'), ids);
  assert.match(host.must('virt-shaper tree'), /cliff[\s\S]*jason/);
  assert.is(host.must('virt-shaper verify 2>&1'), 'the kernel holds what was loaded\n');
});

test('a hook that the administrator has taken out stays out', () => {
  host.must('virt-shaper --quiet hooks remove');
  host.must(`${install} --reinstall ${present}`);
  for (const hook of hooks) assert.not.ok(host.exists(hook), hook);
  host.must('virt-shaper --quiet hooks install');
});

test('a policy that the administrator has unloaded stays unloaded', () => {
  host.must(`virt-shaper --quiet unload && ${install} --reinstall ${present}`);
  assert.is(host.must('nft list ruleset'), '');
  host.must('virt-shaper --quiet sync');
});

test('removed: the kernel is as it was, the hook is out, the configuration and the ids stay', () => {
  assert.ok(host.must('nft list ruleset').includes('virt-shaper'));
  host.must('apt-get remove -y virt-shaper');
  assert.is(host.must('nft list ruleset'), '');
  assert.not.match(outside('tc qdisc show'), /htb|clsact/);
  assert.not.match(outside('ip link show'), /ifb/);
  for (const path of [
    '/etc/libvirt',
    '/run/virt-shaper',
    '/var/cache/virt-shaper',
    '/usr/sbin/virt-shaper',
    '/usr/lib/virt-shaper',
  ]) {
    assert.not.ok(host.exists(path), path);
  }
  assert.ok(host.exists('/etc/virt-shaper/config.toml'));
  assert.ok(host.exists('/var/lib/virt-shaper/ids.json'));
});

test('installed again after that: as if it had never been away', () => {
  host.must(`${install} ${present}`);
  assert.match(outside('tc class show dev eth0'), /class htb 1:10 /);
  for (const hook of hooks) assert.ok(host.exists(hook), hook);
});

test('purged: nothing is left', () => {
  host.must('apt-get purge -y virt-shaper; rm -r /run/libvirt');
  assert.is(host.must('nft list ruleset'), '');
  const now = filesOf(host);
  assert.equal(
    now.filter((path) => !pristine.includes(path)),
    [],
    'left',
  );
  assert.equal(
    pristine.filter((path) => !now.includes(path)),
    [],
    'lost',
  );
});

test.run();
