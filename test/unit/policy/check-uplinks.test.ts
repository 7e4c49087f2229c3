// What the configuration says of uplinks and the devices do not bear out.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Device } from '../../../src/host/host.ts';
import { checkUplinks } from '../../../src/policy/check-uplinks.ts';
import { readToml } from '../../support/world.ts';

const devices = new Map<string, Device>([
  ['br0', { tap: false }],
  ['br1', { tap: false }],
  ['eth0', { tap: false, master: 'br0', speed: 1e9 }],
  ['eth1', { tap: false }],
  ['eth2', { tap: false, speed: 1e8 }],
  ['eth2.5', { tap: false, master: 'br1', lower: ['eth2'] } as Device],
]);

const told = (toml: string) =>
  checkUplinks(readToml(toml), devices).map(({ at, message }) => `${at?.line}: ${message}`);

test('what fits is nothing to speak of', () => {
  assert.equal(told('[uplink.eth0]\nceil = "1gbit"\nbridge = "br0"\n[uplink.eth2]\nceil = "100mbit"\n'), []);
  assert.equal(
    told('[uplink.gone]\nceil = "9gbit"\nbridge = "br7"\n'),
    [],
    'check says that of a device that is not there',
  );
});

test('a ceil that the link does not have, in either direction', () => {
  const words = 'uplink.eth0.ceil: 1001mbit is more than the link of eth0 has, 1gbit';
  assert.equal(told('[uplink.eth0]\nceil = "1001mbit"\n'), [`2: ${words}`]);
  assert.equal(told('[uplink.eth0]\nceil = { out = "1mbit", in = "1001mbit" }\n'), [`2: ${words}`]);
  assert.equal(
    told('[uplink.eth1]\nceil = "9gbit"\nrouted = "libvirt"\n'),
    [],
    'nobody knows how fast that is',
  );
});

test('a device that no guest is behind', () => {
  assert.equal(told('[uplink.eth1]\n'), [
    '1: uplink.eth1: eth1 is no port of a bridge, and none lies on it: no guest is behind it',
  ]);
  assert.equal(told('[uplink.eth1]\nrouted = "libvirt"\n'), []);
  assert.equal(told('[uplink.eth2]\n'), [], 'a VLAN on it is a port');
});

test('bridges that it does not lead to, or that are not there', () => {
  assert.equal(told('[uplink.eth0]\nbridge = ["br0", "br1"]\n'), [
    '2: uplink.eth0.bridge: no port of br1 is eth0 or lies on it',
  ]);
  assert.equal(told('[uplink.eth2]\nbridge = "br1"\n'), []);
  assert.equal(told('[uplink.eth0]\nrouted = ["br1", "br7", "libvirt"]\n'), [
    '2: uplink.eth0.routed: there is no bridge br7 now',
  ]);
});

test('one on top of the other, and all of it in the order of the file', () => {
  const [first = '', second = ''] = told('[uplink."eth2.5"]\n[uplink.eth2]\nceil = "1gbit"\n');
  assert.match(first, '1: uplink."eth2.5": eth2.5 lies on eth2, which is an uplink too (config.toml:2:9)');
  assert.match(second, '3: uplink.eth2.ceil: 1gbit is more');
});

test.run();
