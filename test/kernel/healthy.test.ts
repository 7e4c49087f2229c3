// What is well is called well, by every command that looks: a host whose guests are all off, taps and uplinks as
// libvirt and administrators leave them. A false alarm teaches people not to look.
import * as assert from 'uvu/assert';
import { parseExposition } from '../support/exposition.ts';
import { config, DoctorHost } from './doctor-host.ts';
import { kernelState, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const { test, host } = kernelTest({ make: () => DoctorHost.well(), bridges: {}, taps: [] });

function isWell(): void {
  assert.equal(host.examine().wrong, []);
  const verified = host.run(['verify']);
  assert.is(verified.status, 0, verified.stdout);
  for (const view of [['status'], ['tree'], ['top', '--once', '--interval', '0.1']]) {
    const { status, stdout, stderr } = host.run(view);
    assert.is(status, 0);
    assert.not.match(stdout + stderr, /not there|nobody is shaped|somebody|repairs|verify|warning/, view[0]);
  }
  const metrics = parseExposition(host.run(['metrics']).stdout);
  const samples = (name: string) => metrics.get(`virt_shaper_${name}`)?.samples ?? [];
  assert.ok(samples('drift').length > 0);
  for (const name of ['drift', 'guest_reason']) {
    for (const { labels, value } of samples(name)) assert.is(value, 0, `${name} ${JSON.stringify(labels)}`);
  }
  for (const { value } of samples('guest_shaped')) assert.is(value, 1);
}

test('a guest that runs', isWell);

test('all guests have stopped', () => {
  assert.is(host.hook('cliff', 'stopped').stderr, '');
  sh('ip link del vnet0');
  isWell();
  assert.match(host.run(['status']).stdout, /^no guest that is to be shaped is running/);
  const { stdout } = host.run(['top', '--once', '--interval', '0.1']);
  assert.match(stdout, /^no guest that is to be shaped is running$/m);
  assert.not.match(stdout, /^!/m);
});

test('nobody has run yet: a configuration was made and put in force', () => {
  assert.is(host.hook('cliff', 'stopped').stderr, '');
  sh('ip link del vnet0');
  assert.is(host.run(['unload']).status, 0);
  assert.is(host.run(['sync']).status, 0);
  isWell();
});

test('the noqueue that libvirt sets on each tap', () => {
  sh('tc qdisc replace dev vnet0 root noqueue');
  assert.match(sh('tc qdisc show dev vnet0'), /^qdisc noqueue [1-9a-f][0-9a-f]*: root/m);
  isWell();
});

test('a noqueue on the uplink is no obstacle, and a load that fails leaves it', () => {
  assert.is(host.run(['unload']).status, 0);
  sh('tc qdisc replace dev eth0 root noqueue');
  const before = kernelState();
  host.wrapper('nft', `case "$*" in "-f "*) exit 1;; esac; exec ${sh('command -v nft').trim()} "$@"`);
  assert.is(host.run(['load'], { path: host.path }).status, 1);
  const withoutHandle = (text: string) => text.replace(/noqueue [0-9a-f]+:/g, 'noqueue N:');
  assert.is(withoutHandle(kernelState()), withoutHandle(before));
  host.wrapper('nft', `exec ${sh('command -v nft').trim()} "$@"`);
  const { status, stderr } = host.run(['load']);
  assert.is(status, 0, stderr);
  isWell();
});

const network = (mode: string) =>
  `<networkstatus><network><name>default</name>${mode}<bridge name='virbr0'/></network></networkstatus>`;

test("a guest with an entry on libvirt's NAT network is a problem in every view, with the reason", () => {
  sh('ip link add virbr0 type bridge; ip link set virbr0 up');
  host.tap('vnet5', 'virbr0');
  host.write('run/libvirt/network/default.xml', network("<forward mode='nat'/>"));
  host.configure(`${config}[guest.natguest]\nceil = "2mbit"\n`);
  const reason = "it is on libvirt's NAT network default (virbr0), which no uplink has as routed";
  assert.match(host.hook('natguest', 'start', { vnet5: 'virbr0' }).stderr, reason);
  assert.equal(host.examine().wrong, ['problem guest.unreachable']);
  const { stdout } = host.run(['status']);
  assert.match(stdout, /^1 guest shaped, 1 unshaped/);
  assert.match(stdout, /^natguest .* unshaped$/m);
  assert.match(stdout, `natguest: ${reason}`);
  assert.match(stdout, 'take its entry out of the configuration');
  const data = JSON.parse(host.run(['status', '--json']).stdout);
  assert.is(data.counts.unshaped, 1);
  const metrics = parseExposition(host.run(['metrics']).stdout);
  const shaped = metrics.get('virt_shaper_guest_shaped')?.samples ?? [];
  assert.is(shaped.find(({ labels }) => labels.guest === 'natguest')?.value, 0);
});

test('one without an entry is none', () => {
  sh('ip link add virbr0 type bridge; ip link set virbr0 up');
  host.tap('vnet5', 'virbr0');
  assert.is(host.hook('natguest', 'start', { vnet5: 'virbr0' }).stderr, '');
  assert.equal(host.examine().wrong, []);
  assert.match(host.run(['status']).stdout, /^1 guest shaped, 1 left out/);
});

test.run();
