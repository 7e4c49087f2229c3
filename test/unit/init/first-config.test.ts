// The first configuration: it passes `check` without a word and limits nobody, and with its comments taken away it
// is still right, whatever the guests are called.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { matchGuest } from '../../../src/config/pattern.ts';
import { type ReadConfig, readConfig } from '../../../src/config/read-config.ts';
import { type FoundGuest, type FoundHost, firstConfig } from '../../../src/init/first-config.ts';

const nothing: FoundHost = { uplinks: [], undecided: [], isolated: [], guests: [] };

function guest(name: string, uplink?: string): FoundGuest {
  const nic = { tap: 'vnet0', bridge: 'br0', bandwidth: false, ...(uplink ? { uplink } : {}) };
  return { name, nics: [nic], skipped: [] };
}

function read(text: string): ReadConfig {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-init-'));
  try {
    writeFileSync(join(folder, 'config.toml'), text, { mode: 0o644 });
    return readConfig({ file: join(folder, 'config.toml') });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As an administrator does it who takes everything in use. */
function uncomment(text: string): string {
  return text.replace(/^# (?=\[\[?\w+\.|(?:rate|ceil|bridge|group|time|volume|every|then) = )/gm, '');
}

const hosts: Record<string, FoundHost> = {
  nothing,
  'one bridge': {
    ...nothing,
    uplinks: [{ name: 'eth0', bridges: ['br0'], speed: 1e9 }],
    guests: [guest('cliff', 'eth0'), guest('rob', 'eth0'), guest('alone')],
  },
  'two bridges, a VLAN device and a bond': {
    ...nothing,
    uplinks: [
      { name: 'bond0', bridges: ['br0', 'br2'], speed: 25e9 },
      { name: 'eth0.100', bridges: ['br1'] },
    ],
    isolated: ['virbr0'],
    guests: [
      { ...guest('cliff', 'bond0'), skipped: [{ nic: 'macvtap0', reason: "type='direct' does not" }] },
    ],
  },
  'an uplink in doubt': {
    ...nothing,
    undecided: [{ bridge: 'br0', reason: 'br0 has 2 ports (eth0, eth1)', ports: ['eth0', 'eth0.1'] }],
    guests: [guest('cliff')],
  },
};

for (const [name, host] of Object.entries(hosts)) {
  test(`${name}: passes as it stands, shapes nobody, and passes without its comments`, () => {
    const text = firstConfig(host);
    const { config, warnings } = read(text);
    assert.equal(warnings, []);
    assert.equal([config.guests, config.groups, config.defaults.unlisted], [[], [], 'ignore']);
    assert.equal(
      config.uplinks.map((uplink) => uplink.name),
      host.uplinks.map((uplink) => uplink.name),
    );
    const doubtful = host.undecided.length > 0;
    const used = read(
      doubtful ? uncomment(text).replace(/\[uplink\."eth0\.1"\]\nbridge.*\n/, '') : uncomment(text),
    );
    assert.equal(used.warnings, []);
    for (const one of host.guests) assert.is(matchGuest(used.config, one.name)?.name, one.name);
    assert.is(used.config.groups.length, 1);
    const [friends] = used.config.groups;
    assert.equal([friends?.when?.length, friends?.quota?.every.value], [1, { every: 'month', on: 1 }]);
  });
}

test('taken in use, the guests of a link fit into it and their ceil limits nothing', () => {
  for (const [speed, number] of [
    [1e9, 1],
    [1e9, 3],
    [1e8, 40],
    [10e9, 300],
    [25e9, 7],
  ] as const) {
    const guests = Array.from({ length: number }, (_, at) => guest(`g${at}`, 'eth0'));
    const host = { ...nothing, uplinks: [{ name: 'eth0', bridges: ['br0'], speed }], guests };
    const { config } = read(uncomment(firstConfig(host)));
    const rates = config.guests.map(({ rate }) => rate?.out.value ?? 0);
    const sum = rates.reduce((total, rate) => total + rate, 0);
    assert.ok(sum <= speed * 0.9 && sum >= speed * 0.3, `${number} guests of ${rates[0]} on ${speed}`);
    assert.ok(config.guests.every(({ ceil }) => ceil?.in.value === speed));
  }
});

test('odd names: a comment cannot be left, and the entry is exactly that guest', () => {
  const names = [
    'a "b"',
    '$(x) *',
    'web-?',
    'x\\',
    'tab\there',
    '\u202etac',
    '🐧',
    '-x',
    "it's",
    '[guest.y]',
    '#',
    'é',
  ];
  const host = { ...nothing, guests: names.map((name) => guest(name)) };
  const text = firstConfig(host);
  assert.equal(read(text).config.guests, []);
  assert.not.match(text, '\u202e');
  const { config } = read(uncomment(text));
  assert.equal(config.guests.map(({ name }) => name).sort(), [...names].sort());
  for (const name of names) assert.is(matchGuest(config, name)?.pattern, false, name);
});

test('what is worth knowing stands beside each: ways, kinds that are not shaped, a second master', () => {
  const nic = { tap: 'vnet1', bridge: 'virbr0', bandwidth: true };
  const host = {
    ...nothing,
    guests: [{ name: 'cliff', nics: [nic], skipped: [{ nic: 'macvtap0', reason: 'it is direct' }] }],
  };
  const text = firstConfig(host);
  assert.match(text, '# vnet1 on virbr0, not shaped there\n');
  assert.match(text, '# macvtap0 not shaped: it is direct\n');
  assert.match(text, "# libvirt's own <bandwidth> limits it");
});

test.run();
