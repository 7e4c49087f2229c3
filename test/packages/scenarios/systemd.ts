// A host whose systemd runs, with the units as they are hardened: installed, upgraded while the service goes on, booted
// with a configuration that has a mistake, removed.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { boot } from '../boot.ts';
import { domainXml, makeNetwork, statusXml } from '../guests.ts';
import { bring, makeReadyMachine, outside } from '../machine.ts';

makeNetwork();
const disk = makeReadyMachine('systemd', 'systemd systemd-sysv udev dbus');
const install = 'DEBIAN_FRONTEND=noninteractive dpkg --install';
const former = bring(disk, 'deb', 'former');
const present = bring(disk, 'deb', 'built');
const config =
  '[guest.cliff]\nrate = "15mbit"\nceil = "30mbit"\n[uplink.eth0]\nbridge = "br0"\nceil = "1gbit"\n';
disk.write('/etc/virt-shaper/config.toml', config);
let host = await boot(disk);

const units = [
  'virt-shaper.service',
  'virt-shaper-sync.path',
  'virt-shaper-sync.timer',
  'virt-shaper-watch.path',
];
const since = () => host.must('systemctl show --property ActiveEnterTimestampMonotonic virt-shaper.service');
const log = () => host.must('journalctl --boot --no-pager --output cat -t virt-shaper');
const classes = () => outside('tc class show dev eth0');

test('installed: the service runs, and the guest that runs is shaped', () => {
  host.must(
    `mkdir -p /run/libvirt/qemu && cat > /run/libvirt/qemu/cliff.xml <<'END'\n${statusXml('cliff')}END`,
  );
  console.log(host.must(`${install} ${former}`));
  for (const unit of units) assert.is(host.run(`systemctl is-active ${unit}`).output, 'active\n', unit);
  assert.match(log(), /found running: cliff/);
  assert.match(classes(), /rate 15Mbit ceil 30Mbit/);
});

test('upgraded: the service is neither stopped nor started, the policy is the same', () => {
  const [before, time] = [classes(), since()];
  host.must(`${install} ${present}`);
  assert.is(since(), time);
  assert.is(classes(), before);
  assert.not.match(log(), /unloaded/);
  for (const unit of units) assert.is(host.run(`systemctl is-active ${unit}`).output, 'active\n', unit);
  assert.match(host.must('virt-shaper --version'), /^0\.[1-9]/);
});

test('a service that the administrator has stopped stays so at an upgrade', () => {
  host.must('systemctl stop virt-shaper.service');
  assert.not.match(classes(), /htb/);
  host.must(`${install} ${present}`);
  assert.is(host.run('systemctl is-active virt-shaper.service').output, 'inactive\n');
  assert.not.match(classes(), /htb/);
  host.must('systemctl start virt-shaper.service');
  assert.match(classes(), /rate 15Mbit ceil 30Mbit/);
});

test('booted with a mistake in the configuration: guests get what was in force last', async () => {
  host.must('sync');
  await host.halt();
  disk.write('/etc/virt-shaper/config.toml', config.replace('ceil = "30mbit"', 'ceil = 30mbit"'));
  // With the machine's own tools: an older nft may not read what a newer one has loaded.
  disk.must('tc qdisc del dev eth0 root; nft delete table bridge virt-shaper; ip link del ifb-eth0');
  host = await boot(disk);
  assert.match(log(), /config.toml:3:\d+: /);
  assert.is(host.run('systemctl is-active virt-shaper.service').output, 'active\n');
  disk.write('/root/cliff.xml', domainXml('cliff'));
  host.must('/etc/libvirt/hooks/qemu.d/50-virt-shaper cliff start begin - < /root/cliff.xml');
  assert.match(classes(), /rate 15Mbit ceil 30Mbit/);
});

test('removed: nothing runs, the kernel is as it was', () => {
  host.must('dpkg --remove virt-shaper');
  assert.not.match(classes(), /htb/);
  assert.is(host.must('nft list ruleset'), '');
  assert.is(host.must("systemctl list-units --all --no-legend --state active 'virt-shaper*'"), '');
  host.must('dpkg --purge virt-shaper');
  assert.is(
    host.must('find /etc/systemd /var/lib/systemd/deb-systemd-helper-enabled -name "virt-shaper*"'),
    '',
  );
});

test.after(() => host.halt());
test.run();
