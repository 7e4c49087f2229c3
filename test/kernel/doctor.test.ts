// Doctor on a real kernel: a host that is well, strange tools, hooks, leftovers, and who may not look.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/doctor/finding.ts';
import { named } from '../support/findings.ts';
import { unless } from '../support/skip.ts';
import { callIptables, config, DoctorHost } from './doctor-host.ts';
import { domainXml, kernelState, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';
import { asNobody, needsNobody } from './nobody.ts';

const { test, host } = kernelTest({ make: () => DoctorHost.well(), bridges: {}, taps: [] });

/** Every file below the root with its time. */
function files(): string[] {
  const names = readdirSync(host.root, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => `${name} ${statSync(join(host.root, name)).mtimeMs}`);
}

test('a host that is well; nothing is changed by looking', () => {
  const before = [kernelState(), ...files()];
  const { wrong, findings } = host.examine();
  assert.equal(wrong, []);
  assert.equal([kernelState(), ...files()], before);
  assert.is(named(findings, 'kernel-state').detail, 'as loaded');
  assert.is(named(findings, 'shaped').detail, '1 on eth0');
  assert.match(named(findings, 'bridge').detail, 'uplink eth0, 1gbit as configured');
  const page = host.run(['doctor'], { path: host.path });
  assert.match(page.stdout, /^ ok {7}kernel state {4}as loaded$/m);
  assert.not.match(page.stdout, '\u001b');
});

test('the kernel is told of as it is: what render chose is what doctor says', () => {
  const { findings } = host.examine();
  const { leaf, redirect } = JSON.parse(host.read('run/virt-shaper/kernel.json'));
  assert.match(named(findings, 'kernel.leaf').detail, new RegExp(`^${leaf}`));
  assert.match(named(findings, 'kernel.redirect').detail, new RegExp(`^${redirect} filters`));
});

test('settings that are off and cannot be set here are told of where a guest has need of them', () => {
  const isTold = () => host.examine().wrong.includes('warning settings');
  sh('sysctl -qw net.ipv4.fwmark_reflect=0; mount --bind /proc/sys /proc/sys');
  try {
    assert.not.ok(isTold(), 'they can be set');
    sh('mount -o remount,bind,ro /proc/sys');
    assert.ok(isTold());
    host.configure(`${config}[marks]\nreflect = false\n`);
    assert.not.ok(isTold(), 'not wanted');
    host.configure('[uplink.eth0]\nceil = "1gbit"\n');
    assert.not.ok(isTold(), 'no guest has a limit');
  } finally {
    sh('umount /proc/sys');
  }
});

test('bridged frames that pass iptables are told of, where the kernel has br_netfilter', () => {
  if (!existsSync(callIptables)) return;
  writeFileSync(callIptables, '1');
  assert.equal(host.examine().wrong, ['warning br_netfilter']);
});

test('without systemd: what it says for cron is what cron runs, and finds a guest that nobody told of', () => {
  rmSync(join(host.root, 'run/systemd'), { recursive: true });
  const { hint = '' } = named(host.examine().findings, 'units');
  assert.equal(host.examine().wrong, ['warning units']);
  const cron = join(host.root, 'etc/cron.d');
  mkdirSync(cron, { recursive: true });
  sh(hint.replace('let cron do it: ', '').replace('/etc/cron.d', cron));
  const [, user, command = ''] =
    /^\* \* \* \* \* (\S+) (.*)\n$/.exec(host.read('etc/cron.d/virt-shaper')) ?? [];
  assert.equal(host.examine().wrong, [], 'who has followed the advice hears no more of it');
  assert.is(user, 'root');
  const cliff = domainXml('cliff', { vnet0: 'br0', vnet1: 'br0' });
  host
    .tap('vnet1')
    .write('run/libvirt/qemu/cliff.xml', `<domstatus state='running' pid='1'>${cliff}</domstatus>`);
  // As cron(8) does: its own PATH, and a percent sign only behind a backslash.
  const env = { PATH: '/usr/bin:/bin', SHELL: '/bin/sh', HOME: '/root', LOGNAME: user };
  const script = command.replaceAll('\\%', '%');
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], {
    encoding: 'utf8',
    env,
    cwd: '/',
  });
  assert.equal({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  assert.match(host.run(['status', '--json']).stdout, /vnet1/);
  assert.match(sh('tc filter show dev vnet1 egress'), /ifb-eth0/);
});

test('who runs and was never told of is said once, with advice that fits', () => {
  host.configure(`${config}[guest.rob]\nceil = "1mbit"\n`);
  const rob = domainXml('rob', { vnet1: 'br0' });
  host
    .tap('vnet1')
    .write('run/libvirt/qemu/rob.xml', `<domstatus state='running' pid='1'>${rob}</domstatus>`);
  const about = () => host.examine().findings.filter(({ subject }) => subject === 'rob');
  assert.equal(
    about().map(({ check, hint }) => [check, hint]),
    [['guest.unnoted', 'virt-shaper apply shapes it']],
  );
  host.configure('[guest.rob]\nceil = 1mbit\n');
  const later = 'virt-shaper sync --in-force';
  assert.is(about()[0]?.hint, later, 'by what is in force, which has no mistake');
  sh('ip tuntap add dev vnet2 mode tap; ip link set vnet2 master br0 up');
  assert.match(named(host.examine().findings, 'guest.stray-taps').hint ?? '', later);
  const seen = host.run(['status', '--interval', '0']).stdout;
  assert.match(seen, 'config.toml:2:8');
  assert.not.match(seen, 'virt-shaper sync');
});

test('hooks: none, and one of somebody else', () => {
  host.wrapper('libvirtd', 'echo libvirtd "(libvirt)" 9.0.0');
  assert.match(named(host.examine().findings, 'hook.qemu').detail, 'not installed');
  host.write('etc/libvirt/hooks/qemu.d/50-virt-shaper', '#!/bin/sh\n');
  assert.match(
    named(host.examine().findings, 'hook.qemu').detail,
    "a file of somebody else's is in its place",
  );
});

test("tools' versions are what they print, old and strange ones too", () => {
  const real = sh('command -v tc').trim();
  host.wrapper('tc', `[ "$1" = -V ] || exec ${real} "$@"; echo "tc utility, iproute2-5.10.0, libbpf 0.3.0"`);
  host.wrapper('logger', 'echo "BusyBox v1.36.1"');
  const { wrong, findings } = host.examine();
  assert.equal(wrong, []);
  assert.is(named(findings, 'tool.tc').detail, 'iproute2 5.10.0');
  assert.match(named(findings, 'tool.tc').note ?? '', 'before 6.15');
  assert.is(named(findings, 'tool.logger').detail, '1.36.1');
});

test('a device in the place of our ifb, before anything is loaded', () => {
  assert.is(host.run(['unload']).status, 0);
  sh('ip link add ifb-eth0 type ifb');
  assert.ok(host.examine().wrong.includes('problem ifb'));
});

test('what is in force while its rules are gone from the disk: nobody is said to be without limit, and sync is named', () => {
  for (const name of readdirSync(host.rules).filter((one) => /^\.?good/.test(one)))
    rmSync(join(host.rules, name), { recursive: true });
  rmSync(join(host.root, 'run/virt-shaper/history.json'), { force: true });
  const { wrong, findings } = host.examine();
  assert.equal(wrong, ['warning last-load', 'problem kernel-state', 'problem passing']);
  assert.match(named(findings, 'kernel-state').hint ?? '', 'virt-shaper sync');
});

unless(needsNobody(), test)('without root it says so, and what can be seen is seen', () => {
  const { findings } = JSON.parse(sh(`${asNobody(host)} doctor --json || true`)) as { findings: Finding[] };
  assert.match(named(findings, 'user').detail, 'not root (uid 65534)');
  assert.is(named(findings, 'bridge').level, 'ok');
  assert.is(named(findings, 'kernel-state').level, 'problem');
});

test.run();
