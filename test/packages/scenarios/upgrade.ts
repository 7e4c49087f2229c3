// From 0.1.0, as history has it, to what is built: the guests that run keep their limits, what 0.1.0 has stored is taken over,
// and nothing of it is left behind. Where the Debian's own Node.js is too old for 0.1.0 it has one of NodeSource's kind.
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { callHook, makeNetwork, oldExample, statusXml } from '../guests.ts';
import { bring, filesOf, install, type Machine, makeReadyMachine, outside } from '../machine.ts';
import { upgradeUnderLoad } from '../upgrade-under-load.ts';

makeNetwork();
const hooks = ['qemu', 'lxc', 'network'].map((driver) => `/etc/libvirt/hooks/${driver}.d/50-virt-shaper`);
const classes = () => outside('tc class show dev eth0; tc class show dev ifb-eth0');
const state = '/var/lib/virt-shaper /run/virt-shaper';

for (const commit of (process.env.OLDS ?? '').split(' ')) {
  const name = (what: string) => `${commit}: ${what}`;
  let host: Machine;
  let pristine: string[];
  let present: string;
  let ids: string;

  test(name('0.1.0 shapes a guest that runs and one that starts, and draws an id'), () => {
    host = prepare(commit);
    pristine = filesOf(host);
    present = bring(host, 'deb', 'built');
    installOld(host, commit);
    host.write('/root/bandwidth.conf', oldExample);
    host.write(
      '/etc/virt-shaper/config.toml',
      host.must('virt-shaper import /root/bandwidth.conf 2>/dev/null'),
    );
    host.write('/etc/virt-shaper/config.d/50-rob.toml', '[guest."rob-*"]\nrate = "1mbit"\nceil = "2mbit"\n');
    run(host, 'cliff');
    host.must('virt-shaper --quiet sync');
    assert.is(callHook(host, 'jason', 'start').status, 0);
    run(host, 'jason');
    assert.match(classes(), /class htb 1:10 parent 1:1 .*rate 15Mbit ceil 30Mbit/);
    assert.match(classes(), /class htb 1:20 parent .*rate 30Mbit ceil 30Mbit/);
    ids = host.read('/var/lib/virt-shaper/ids.json');
  });

  test(name('upgraded under load: no packet goes unshaped, and every start succeeds'), () =>
    upgradeUnderLoad(host, present),
  );

  test(name('what is in force then is what the new version makes, ids and hooks stay'), () => {
    // What the last of the stops has left to do goes on behind it.
    assert.match(
      host.must('virt-shaper verify 2>&1'),
      /^(waiting for .*\n)?the kernel holds what was loaded\n$/,
    );
    console.log(host.must('virt-shaper status --interval 0'), host.must(`find ${state} -type f | sort`));
    assert.match(host.must('virt-shaper plan'), /nothing|no change/i);
    assert.is(host.read('/var/lib/virt-shaper/ids.json'), ids);
    assert.match(classes(), /class htb 1:10 parent 1:1 .*rate 15Mbit ceil 30Mbit/);
    assert.match(classes(), /class htb 1:20 parent .*rate 30Mbit ceil 30Mbit/);
    for (const hook of hooks) assert.ok(host.exists(hook), hook);
    const { output } = host.run('virt-shaper hooks status');
    assert.not.match(output, /older|another version|edited/, output);
  });

  test(name('what it stores then is what a host has that never knew 0.1.0'), () => {
    const fresh = prepare(`${commit}-fresh`);
    // The generations of rules are counted.
    const files = (of: Machine) =>
      of
        .must(`find ${state} -type f | sort`)
        .trim()
        .replace(/\.good-\w+/g, '.good')
        .split('\n');
    const old = files(host);
    host.must('virt-shaper --quiet unload');
    fresh.write('/etc/virt-shaper/config.d/50-rob.toml', host.read('/etc/virt-shaper/config.d/50-rob.toml'));
    fresh.must(`${install} ${bring(fresh, 'deb', 'built')}`);
    fresh.write('/etc/virt-shaper/config.toml', host.read('/etc/virt-shaper/config.toml'));
    run(fresh, 'cliff');
    fresh.must('virt-shaper --quiet sync');
    for (const [guest = '', operation = ''] of [
      ['jason', 'start'],
      ['rob', 'start'],
      ['rob', 'stopped'],
    ])
      assert.is(callHook(fresh, guest, operation).status, 0);
    run(fresh, 'jason');
    fresh.must('virt-shaper --quiet sync; virt-shaper --quiet sync --in-force');
    const known = files(fresh);
    fresh.must('virt-shaper --quiet unload');
    host.must('virt-shaper --quiet sync');
    // What was loaded last is kept by who loads, in one way or another.
    const left = old.filter((path) => !known.includes(path) && !path.includes('/last-good/'));
    assert.equal(left, []);
  });

  test(name('a guest ends by the hook, and purged nothing is left'), async () => {
    assert.is(callHook(host, 'jason', 'stopped').status, 0);
    // A stop is not waited for.
    for (let tries = 0; tries < 100 && classes().includes('class htb 1:20 '); tries += 1) await sleep(100);
    assert.not.match(classes(), /class htb 1:20 /);
    host.must('apt-get purge -y virt-shaper; rm -r /run/libvirt');
    assert.is(host.must('nft list ruleset'), '');
    assert.not.match(outside('tc qdisc show; ip link show'), /htb|clsact|ifb/);
    assert.equal(
      filesOf(host).filter((path) => !pristine.includes(path)),
      [],
    );
  });

  test(name('with a mistake in the configuration: the policy stays, and it is said'), () => {
    const other = prepare(`${commit}-mistake`);
    configureOld(other, commit);
    other.write('/etc/virt-shaper/config.toml', '[guest.cliff\n');
    const said = other.must(`${install} ${bring(other, 'deb', 'built')}`);
    assert.match(said, /config.toml:1:\d+: /);
    assert.match(said, /the policy that was loaded last stays in force/);
    assert.match(classes(), /rate 15Mbit ceil 30Mbit/);
    assert.is(callHook(other, 'jason', 'start').status, 0);
    assert.match(classes(), /class htb 1:20 parent .*rate 30Mbit ceil 30Mbit/);
    other.must('apt-get purge -y virt-shaper');
  });

  test(name('what was unloaded stays so, and a hook that was taken out stays out'), () => {
    const other = prepare(`${commit}-off`);
    configureOld(other, commit);
    other.must('virt-shaper --quiet unload; virt-shaper --quiet hooks remove');
    other.must(`${install} ${bring(other, 'deb', 'built')}`);
    assert.is(other.must('nft list ruleset'), '');
    for (const hook of hooks) assert.not.ok(other.exists(hook), hook);
    other.must('apt-get purge -y virt-shaper');
  });
}

/** @param name of the machine, which has what 0.1.0 needs */
function prepare(name: string): Machine {
  const machine = makeReadyMachine(name);
  if (machine.must('node --version').startsWith('v18')) installNodeSource(machine);
  return machine;
}

/** A nodejs that has Debian's name and no more than a binary. */
function installNodeSource(machine: Machine): void {
  const folder = `${machine.root}/root/nodesource`;
  const control = `Package: nodejs\nVersion: 20.19.2-1nodesource1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>
Description: stand-in\n`;
  machine.write('/root/nodesource/DEBIAN/control', control);
  outside(`mkdir -p ${folder}/usr/bin && cp ${process.env.NODESOURCE} ${folder}/usr/bin/node`);
  machine.must('apt-get purge -y --autoremove nodejs');
  machine.must('dpkg-deb -Znone --build nodesource nodesource.deb && dpkg --install nodesource.deb');
}

function installOld(machine: Machine, commit: string): void {
  console.log(machine.must(`${install} ${bring(machine, 'deb', `old/${commit}`)}`));
}

function configureOld(machine: Machine, commit: string): void {
  installOld(machine, commit);
  machine.write('/root/bandwidth.conf', oldExample);
  machine.write(
    '/etc/virt-shaper/config.toml',
    machine.must('virt-shaper import /root/bandwidth.conf 2>/dev/null'),
  );
  run(machine, 'cliff');
  machine.must('virt-shaper --quiet sync');
  assert.match(classes(), /rate 15Mbit ceil 30Mbit/);
}

function run(machine: Machine, guest: string): void {
  machine.write(`/run/libvirt/qemu/${guest}.xml`, statusXml(guest));
}

test.run();
