// A NIC that the configuration calls by another of its names: its values are those of the one name that the kernel lists, and
// where both names have an entry the kernel's own counts, which is said.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deviceNamesIn, withRealNames } from '../../../src/config/real-names.ts';
import { readToml } from '../../support/world.ts';

const config = readToml(`[uplink.lan]
ceil = "1gbit"
bridge = ["br0", "outer"]
[uplink.eth1]
[group.g]
ceil = "9mbit"
on.lan.ceil = "5mbit"
[guest.a]
[guest.a.on.lan]
ceil = "1mbit"
[guest.a.on.eth0]
ceil = "2mbit"
`);

test('every device that is named, once', () => {
  assert.equal(deviceNamesIn(config).sort(), ['br0', 'eth0', 'eth1', 'lan', 'outer']);
});

test('without other names nothing changes', () => {
  assert.equal(withRealNames(config, new Map()), { config, warnings: [] });
});

test('entries, bridges and values below `on` go by the kernel’s names, sorted by them', () => {
  const names = new Map([
    ['lan', 'zeth'],
    ['outer', 'br9'],
  ]);
  const { config: real, warnings } = withRealNames(config, names);
  assert.equal(warnings, []);
  assert.equal(
    real.uplinks.map(({ name, bridges }) => [name, bridges?.map(({ value }) => value)]),
    [
      ['eth1', undefined],
      ['zeth', ['br0', 'br9']],
    ],
  );
  assert.equal([...(real.groups[0]?.on.keys() ?? [])], ['zeth']);
  assert.equal([...(real.guests[0]?.on.keys() ?? [])].sort(), ['eth0', 'zeth']);
});

test('of two entries for one device that of its own name counts, wherever it stands', () => {
  const { config: real, warnings } = withRealNames(
    config,
    new Map([
      ['lan', 'eth0'],
      ['eth1', 'eth0'],
    ]),
  );
  const words = warnings.map(({ severity, message, at }) => `${severity} ${at?.line}: ${message}`);
  assert.equal(words, [
    'warning 1: uplink.lan: this is another name of eth0, which has an entry already (config.toml:4:9): it is left out',
    'warning 9: guest.a.on.lan: this is another name of eth0, which has an entry already (config.toml:11:13): it is left out',
  ]);
  assert.is(real.guests[0]?.on.get('eth0')?.ceil?.out?.value, 2e6);
  assert.equal(
    real.uplinks.map(({ name, ceil }) => [name, ceil?.out.value]),
    [['eth0', undefined]],
  );
});

test.run();
