// What the configuration calls a NIC, and what the NIC really is: altnames, a link slower than what is written, a tap
// as uplink, and a pair between two bridges that only looks like one.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { named } from '../support/findings.ts';
import { DoctorHost } from './doctor-host.ts';
import { sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const guest = '[guest.cliff]\nrate = "5mbit"\nceil = "20mbit"\n';

const { test, host } = kernelTest({
  make: () => DoctorHost.well(),
  bridges: {},
  taps: [],
  begin: () => {
    assert.is(host.hook('cliff', 'stopped').stderr, '');
    forget();
  },
});

/** Nothing is in force, and nobody has switched it off. */
function forget(): void {
  assert.is(host.run(['unload']).status, 0);
  rmSync(join(host.root, 'var/lib/virt-shaper/unloaded.json'));
}

function ceilOnEth0(): unknown {
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).stderr, '');
  const { guests, uplinks } = JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout);
  assert.equal(
    uplinks.map(({ uplink, out }: { uplink: string; out: { ceil: number } }) => `${uplink} ${out.ceil}`),
    ['eth0 300000000'],
  );
  return guests[0].out.ceil;
}

test('an altname is the NIC, a long one too, and for what is said of one uplink', () => {
  sh('ip link property add dev eth0 altname enp3s0 altname the-uplink-of-rack-5-by-its-long-name');
  for (const name of ['enp3s0', 'the-uplink-of-rack-5-by-its-long-name']) {
    host.configure(`[uplink.${name}]\nceil = "300mbit"\n${guest}[guest.cliff.on.${name}]\nceil = "7mbit"\n`);
    const { status, stderr } = host.run(['check']);
    assert.is(status, 0);
    assert.not.match(stderr, 'warning');
    assert.is(ceilOnEth0(), 7e6);
    assert.equal(host.examine().wrong, []);
    assert.is(host.hook('cliff', 'stopped').stderr, '');
    forget();
  }
});

test('two names of one NIC: the second entry is told of', () => {
  sh('ip link property add dev eth0 altname enp3s0');
  host.configure(`[uplink.enp3s0]\nceil = "1mbit"\n[uplink.eth0]\nceil = "300mbit"\n${guest}`);
  const { stderr } = host.run(['check']);
  assert.match(stderr, /config\.toml:1:9: warning: uplink\.enp3s0: this is another name of eth0/);
  assert.match(host.hook('cliff', 'start', { vnet0: 'br0' }).stderr, 'another name of eth0');
  assert.is(JSON.parse(host.run(['status', '--json']).stdout).uplinks[0].out.ceil, 300e6);
});

test('a ceil above the speed of the link, and rates in bytes: one line each, where people look', () => {
  host.configure('[uplink.eth0]\nceil = "200gbit"\n[guest.cliff]\nceil = "100Mbps"\n');
  const lines = (text: string) => text.split('\n').filter((line) => line.includes('warning: '));
  const link = /uplink\.eth0\.ceil: 200gbit is more than the link of eth0 has, 10gbit/;
  const bytes = /guest\.cliff\.ceil: "100Mbps" counts megabytes per second, 800mbit/;
  const check = host.run(['check']).stderr;
  assert.match(check, link);
  assert.match(check, bytes);
  assert.match(check, 'did you mean "100mbit"?');
  for (const said of [host.hook('cliff', 'start', { vnet0: 'br0' }).stderr, host.run(['sync']).stderr]) {
    assert.is(lines(said).length, 2, said);
    assert.match(said, link);
    assert.match(said, bytes);
  }
  assert.equal(host.examine().wrong, ['warning configuration.warning', 'warning configuration.warning']);
});

test('a tap that is an uplink belongs to no guest', () => {
  sh(
    'ip link add br7 type bridge; ip link set br7 up; ip tuntap add dev tap0 mode tap; ip link set tap0 master br7 up',
  );
  host.tap('vnet7', 'br7');
  host.configure(`[uplink.tap0]\nceil = "100mbit"\n${guest}`);
  assert.is(host.hook('cliff', 'start', { vnet7: 'br7' }).stderr, '');
  const { findings } = host.examine();
  assert.not.ok(findings.some(({ check }) => check === 'guest.stray-taps'));
});

test('a pair between two bridges is taken for an uplink with a word, and by init not at all', () => {
  sh('ip link add br7 type bridge; ip link set br7 up; ip link add up7 type veth peer name down7');
  sh('ip link set up7 up master br7; ip link set down7 up master br0');
  host.tap('vnet7', 'br7');
  host.configure(`[uplink.eth0]\nceil = "1gbit"\n${guest}`);
  const word = 'its only way out is up7, which leads to br0 on this host';
  assert.match(host.hook('cliff', 'start', { vnet7: 'br7' }).stderr, word);
  const { findings } = host.examine();
  assert.ok(
    findings.some(
      ({ check, level, detail }) => check === 'bridge' && level === 'warning' && detail.includes(word),
    ),
  );
  assert.match(host.run(['init', '--print']).stdout, /^# \[uplink\.up7\]$/m);
  host.configure(`[uplink.eth0]\nceil = "1gbit"\n[uplink.up7]\nceil = "1gbit"\n${guest}`);
  assert.is(host.run(['sync', '--quiet']).stderr, '', 'chosen');
  assert.is(named(host.examine().findings, 'bridge').level, 'ok');
});

test.run();
