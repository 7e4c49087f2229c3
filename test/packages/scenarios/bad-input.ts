// Hosts that are not as they should be: somebody else's hook, a configuration with a mistake at an upgrade, an /etc that
// cannot be written, an image that is being built. None of them fails an installation or an upgrade.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { callHook, makeNetwork, statusXml } from '../guests.ts';
import { bring, install, type Machine, makeMachine, makeReadyMachine } from '../machine.ts';

makeNetwork();
const { layer } = makeReadyMachine('ready');
const config =
  '[guest.cliff]\nrate = "15mbit"\nceil = "30mbit"\n[uplink.eth0]\nbridge = "br0"\nceil = "1gbit"\n';
const ourHook = '/etc/libvirt/hooks/qemu.d/50-virt-shaper';

/** Each with the package's dependencies; `unload` ends it, since they share this namespace's network. */
function machine(name: string): Machine {
  return makeMachine(name, [layer]);
}

test('somebody else s hooks/qemu is left alone, from the installation to the purge', () => {
  const host = machine('foreign-hook');
  const text = '#!/bin/sh\nexit 0\n';
  host.write('/etc/libvirt/hooks/qemu', text, 0o755);
  const same = () => {
    assert.is(host.read('/etc/libvirt/hooks/qemu'), text);
    assert.is(host.must('stat -c %a /etc/libvirt/hooks/qemu'), '755\n');
  };
  host.must(`${install} ${bring(host, 'deb', 'former')}`);
  same();
  assert.ok(host.exists(ourHook), 'beside it');
  host.must(`${install} ${bring(host, 'deb', 'built')}`);
  same();
  host.must('apt-get remove -y virt-shaper');
  same();
  assert.not.ok(host.exists(ourHook));
  host.must('apt-get purge -y virt-shaper');
  same();
});

test('somebody else s file where our hook belongs: it stays, and what to do is said', () => {
  const host = machine('occupied');
  host.write(ourHook, '#!/bin/sh\n# mine\n', 0o755);
  const said = host.must(`${install} ${bring(host, 'deb', 'built')}`);
  assert.match(said, /50-virt-shaper is there, and not of virt-shaper/);
  assert.match(said, /later: virt-shaper hooks install/);
  assert.is(host.read(ourHook), '#!/bin/sh\n# mine\n');
  host.must('apt-get purge -y virt-shaper');
  assert.is(host.read(ourHook), '#!/bin/sh\n# mine\n');
});

test('a hook that was edited is left at the removal, said, and does nothing any more', () => {
  const host = machine('edited');
  host.must(`${install} ${bring(host, 'deb', 'built')}`);
  host.write(ourHook, host.read(ourHook).replace('status=127', 'status=127 # edited'), 0o755);
  const said = host.must('apt-get remove -y virt-shaper');
  assert.match(said, /50-virt-shaper was edited, so it stays/);
  assert.is(callHook(host, 'cliff', 'start').status, 0);
});

test('a configuration with a mistake at the upgrade: it succeeds, the policy stays, and it is said', () => {
  const host = machine('mistake');
  host.write('/etc/virt-shaper/config.toml', config);
  host.must(`${install} ${bring(host, 'deb', 'former')}`);
  assert.is(callHook(host, 'cliff', 'start').status, 0);
  const before = kernel(host);
  assert.match(before, /class htb 1:\w+ .*rate 15Mbit ceil 30Mbit/);
  host.write('/etc/virt-shaper/config.toml', config.replace('"15mbit"', '15mbit"'));
  const said = host.must(`${install} ${bring(host, 'deb', 'built')}`);
  console.log(said);
  assert.match(said, /config.toml:2:\d+: /);
  assert.match(said, /the policy that was loaded last stays in force/);
  assert.match(said, /when they are mended: virt-shaper apply/);
  assert.is(kernel(host), before);
  assert.match(host.must('dpkg --status virt-shaper'), /^Status: install ok installed$/m);
  host.must('apt-get purge -y virt-shaper');
  assert.not.match(kernel(host), /htb/);
});

test('a configuration with a mistake at the first installation: it succeeds, and it is said', () => {
  const host = machine('mistake-first');
  host.write('/etc/virt-shaper/config.toml', '[guest.cliff\n');
  const said = host.must(`${install} ${bring(host, 'deb', 'built')}`);
  assert.match(said, /config.toml:1:\d+: [\s\S]*the guests that run are not shaped/);
  host.must('apt-get purge -y virt-shaper');
});

test('an /etc that cannot be written: installed, upgraded and removed, and what is missing is said', () => {
  const host = machine('read-only');
  host.must('mount --bind /etc /etc && mount -o remount,bind,ro /etc');
  const said = host.must(`${install} ${bring(host, 'deb', 'former')}`);
  console.log(said);
  assert.match(said, /\/etc cannot be written/);
  assert.match(said, /later: virt-shaper hooks install/);
  assert.match(host.must('virt-shaper --version'), /0\.0\.9/);
  host.must(`${install} ${bring(host, 'deb', 'built')}`);
  assert.is(host.run('dpkg --audit').output, '');
  host.must('dpkg --remove virt-shaper && dpkg --purge virt-shaper');
});

test('an /etc that cannot be written any more: an upgrade keeps the policy', () => {
  const host = machine('read-only-later');
  host.write('/etc/virt-shaper/config.toml', config);
  host.must(`${install} ${bring(host, 'deb', 'former')}`);
  assert.is(callHook(host, 'cliff', 'start').status, 0);
  const before = kernel(host);
  host.must('mount --bind /etc /etc && mount -o remount,bind,ro /etc');
  host.must(`${install} ${bring(host, 'deb', 'built')}`);
  assert.is(kernel(host), before);
  assert.ok(host.exists(ourHook));
  host.must('umount /etc && apt-get purge -y virt-shaper');
  assert.not.ok(host.exists('/etc/libvirt'));
});

test('where an image is built (policy-rc.d) the network is not touched', () => {
  const host = machine('image');
  host.write('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755);
  host.write('/run/libvirt/qemu/cliff.xml', statusXml('cliff'));
  host.write('/etc/virt-shaper/config.toml', config);
  host.must(`${install} ${bring(host, 'deb', 'built')}`);
  assert.ok(host.exists(ourHook));
  assert.not.match(kernel(host), /htb/);
});

function kernel(host: Machine): string {
  return host.must(
    `for device in eth0 ifb-eth0; do tc class show dev $device 2>/dev/null | sort; done
    nft -s list ruleset | grep -v '^table'`.replace(/$/, ' || true'),
  );
}

test.run();
