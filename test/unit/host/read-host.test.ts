// What /sys says of lo, which every host has. What it says of bridges, bonds, VLANs and taps is for test/kernel.
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  deviceNames,
  parseSpeed,
  portNames,
  readAddresses,
  readBridges,
  readDevices,
  readQuietly,
} from '../../../src/host/read-host.ts';

const noAddress = '00:00:00:00:00:00';

test('a device has what the kernel says of it, and nothing that it does not', () => {
  const mtu = Number(readFileSync('/sys/class/net/lo/mtu', 'utf8'));
  assert.equal(readDevices().get('lo'), { tap: false, mtu }, 'no NIC, no speed, no port, on top of nothing');
  assert.ok(deviceNames().includes('lo'));
});

test('devices are in the order of their names, and each port has its bridge as its master', () => {
  const devices = readDevices();
  assert.equal([...devices.keys()], [...devices.keys()].sort());
  for (const bridge of readBridges(devices))
    for (const port of portNames(bridge)) assert.is(devices.get(port)?.master, bridge, port);
  assert.not.ok(readBridges(devices).includes('lo'));
});

test('a NIC is what has hardware behind it, a bond or a VLAN', () => {
  for (const [name, { physical = false }] of readDevices()) {
    const kind = readQuietly(`${name}/uevent`)?.match(/^DEVTYPE=(.*)$/m)?.[1] ?? '';
    const isHardware =
      existsSync(`/sys/class/net/${name}/device`) && !existsSync(`/sys/class/net/${name}/tun_flags`);
    assert.is(physical, isHardware || ['bond', 'vlan'].includes(kind), name);
  }
});

test('a speed is in megabits; a link that is down has none', () => {
  for (const [text, bits] of [
    ['1\n', 1e6],
    ['100\n', 1e8],
    ['400000\n', 4e11],
    ['0\n', undefined],
    ['-1\n', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)
    assert.is(parseSpeed(text), bits, text);
});

test('what is not there is none', () => {
  assert.equal(portNames('lo'), []);
  assert.equal(portNames('no-such-device'), []);
  assert.is(readQuietly('no-such-device/mtu'), undefined);
  assert.equal(readBridges(new Map([['no-such-device', { tap: false }]])), []);
});

test('of devices with one address the first that is named has it', () => {
  // The same device, under two names.
  for (const names of [
    ['lo', '../net/lo'],
    ['../net/lo', 'no-such-device', 'lo'],
  ])
    assert.equal([...readAddresses(names)], [[noAddress, names[0]]]);
  assert.equal([...readAddresses([])], []);
});

test.run();
