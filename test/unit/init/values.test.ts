// The figures of a first configuration: equal shares that leave a tenth of the link free, and ceils that limit nothing.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FoundGuest, type FoundHost, firstConfig } from '../../../src/init/first-config.ts';

const eth0 = { name: 'eth0', bridges: ['br0'], speed: 1e9 };
const nothing: FoundHost = { uplinks: [], undecided: [], isolated: [], guests: [] };

function guest(name: string, ...uplinks: string[]): FoundGuest {
  const nics = uplinks.map((uplink, at) => ({ tap: `vnet${at}`, bridge: 'br0', bandwidth: false, uplink }));
  return { name, nics, skipped: [] };
}

/** The lines below a guest's name. */
function valuesOf(name: string, host: FoundHost): string[] {
  const lines = firstConfig(host).split('\n');
  const at = lines.indexOf(`# [guest.${name}]`);
  return at < 0 ? [] : lines.slice(at + 1, at + 3);
}

const values = (rate: string, ceil: string) => [`# rate = "${rate}"`, `# ceil = "${ceil}"`];

test('a share is the next round figure below an equal part of nine tenths', () => {
  for (const [number, speed, rate] of [
    [1, 1e9, '500mbit'],
    [2, 1e9, '200mbit'],
    [9, 1e9, '100mbit'],
    [10, 1e9, '50mbit'],
    [18, 1e9, '50mbit'],
    [45, 1e9, '20mbit'],
    [1, 100e9, '50gbit'],
    [100, 1e5, '8kbit'],
  ] as const) {
    const guests = Array.from({ length: number }, (_, at) => guest(`g${at}`, 'eth0'));
    const host = { ...nothing, uplinks: [{ ...eth0, speed }], guests };
    assert.is(valuesOf('g0', host)[0], `# rate = "${rate}"`, `${number} on ${speed}`);
  }
});

test('who is on two links has a share that fits into both, and a ceil that limits on neither', () => {
  const uplinks = [eth0, { name: 'eth1', bridges: ['br1'], speed: 1e8 }];
  const guests = [guest('both', 'eth0', 'eth1'), guest('one', 'eth0'), guest('two', 'eth0', 'eth0')];
  const host = { ...nothing, uplinks, guests };
  assert.equal(valuesOf('both', host), values('50mbit', '1gbit'));
  assert.equal(valuesOf('one', host), values('200mbit', '1gbit'));
  assert.equal(valuesOf('two', host), values('200mbit', '1gbit'), 'two NICs are one guest');
});

test('a link whose speed nobody knows limits nobody, and is not shared out as if it were fast', () => {
  const { speed: _, ...unknown } = eth0;
  const host = { ...nothing, uplinks: [unknown], guests: [guest('cliff', 'eth0')] };
  assert.equal(valuesOf('cliff', host), values('500mbit', '10gbit'));
  const text = firstConfig(host);
  assert.match(text, '[uplink.eth0]\nbridge = "br0"\n');
  assert.match(text, '# ceil = "1gbit"\n');
  assert.match(text, '\nrate = "10mbit"\nceil = "1gbit"\n', 'of [defaults]');
  assert.match(text, 'The kernel does not know how fast this link is, and 10gbit is assumed');
  assert.not.match(text, 'As fast as the kernel reports');
});

test('a guest on no uplink has small values; of no bridge it is said so', () => {
  const host = { ...nothing, uplinks: [eth0], guests: [guest('away', 'eth7')] };
  assert.equal(valuesOf('away', host), values('5mbit', '1gbit'));
  const nics = [{ tap: 'vnet0', bandwidth: false }];
  const text = firstConfig({ ...host, guests: [{ name: 'none', nics, skipped: [], off: true }] });
  assert.match(text, '# shut off now\n# vnet0 on no bridge, not shaped\n# [guest.none]\n');
  assert.not.match(text, '<bandwidth>');
});

test('whoever is not listed gets a fiftieth of the fastest link, and at most all of it', () => {
  const defaults = (uplinks: FoundHost['uplinks']) =>
    /^rate = .*\nceil = .*$/m.exec(firstConfig({ ...nothing, uplinks }))?.[0];
  assert.is(defaults([{ ...eth0, speed: 1e8 }, eth0]), 'rate = "10mbit"\nceil = "1gbit"');
  assert.is(defaults([{ ...eth0, speed: 10e9 }]), 'rate = "100mbit"\nceil = "10gbit"');
  assert.is(defaults([]), 'rate = "10mbit"\nceil = "1gbit"');
});

test('each uplink has its bridges, its speed and, for networks of libvirt, the way by the host', () => {
  const routed: FoundHost['uplinks'][number] = { ...eth0, name: 'eth1', bridges: [], routed: true };
  const text = firstConfig({ ...nothing, uplinks: [{ ...eth0, bridges: ['br0', 'br1'] }, routed] });
  assert.match(
    text,
    '[uplink.eth0]\nbridge = ["br0", "br1"]\n# As fast as the kernel reports, now 1gbit. Where the line behind it has less, write that:\n# ceil = "1gbit"\n',
  );
  assert.match(
    text,
    '[uplink.eth1]\n# Guests on libvirt\'s own networks reach it by way of the host.\nrouted = "libvirt"\n',
  );
  assert.not.match(text, 'None was found');
});

test('where no uplink is found that is said, but not where somebody has to choose', () => {
  assert.match(firstConfig(nothing), '# None was found');
  const undecided = [{ bridge: 'br0', reason: 'br0 has 2 ports', ports: ['eth0', 'eth1'] }];
  const text = firstConfig({ ...nothing, undecided, isolated: ['virbr0'] });
  assert.not.match(text, 'None was found');
  assert.match(
    text,
    '# br0 has 2 ports\n#\n# [uplink.eth0]\n# bridge = "br0"\n#\n# [uplink.eth1]\n# bridge = "br0"\n',
  );
  assert.match(text, '# virbr0 leads nowhere by a port of its own');
});

test('without guests it shows what one would look like, with guests how they share', () => {
  assert.match(firstConfig(nothing), '# Guests: none is here.');
  const text = firstConfig({ ...nothing, guests: [guest('cliff')] });
  assert.not.match(text, 'none is here');
  assert.match(text, '# The guests of this host, each with an equal share of its link');
});

test('what is to do is numbered, in its order', () => {
  const steps = [...firstConfig(nothing).matchAll(/^# {3}(\d)\. /gm)].map(([, number]) => Number(number));
  assert.equal(steps, [1, 2, 3, 4, 5, 6]);
});

test.run();
