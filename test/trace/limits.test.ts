// Which limits a frame counts against, read from the generated files alone.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateFor, makeWorld } from '../support/world.ts';
import type { Limit, Passing } from './nft.ts';
import { readNetwork } from './trace.ts';

const toml = `
[defaults]
storm = 50
[group.g]
ceil = "30mbit"
local = "8mbit"
[guest.cliff]
group = "g"
pps = 5000
[guest.rob]
group = "g"
local = "off"
storm = "off"
[guest.jason]
storm = "16mbit"
`;
const macs = ['01', '02', '03', '04'].map((last) => `52:54:00:00:00:${last}`);
const guests = {
  cliff: `vnet0@br0/${macs[0]} vnet1@br0/${macs[1]}`,
  rob: `vnet2@br0/${macs[2]}`,
  jason: `vnet3@br0/${macs[3]}`,
};

const { ruleset } = readNetwork(generateFor(makeWorld(toml, guests)).rules);

function shown(limits: Limit[] = []): string {
  return limits.map(({ over, unit }) => `${over} ${unit}`).join(', ');
}

function counted(of: 'bridge' | 'inet', hook: string, frame: Passing): string {
  return shown(ruleset.pass(of, hook, frame).limits);
}

test('what enters counts as a packet, and as a storm only where it is for many', () => {
  const enters = (iif: string, pkttype?: 'broadcast' | 'multicast') =>
    counted('bridge', 'prerouting', { iif, ...(pkttype ? { pkttype } : {}) });
  assert.is(enters('vnet0'), '5000 packets');
  assert.is(enters('vnet1', 'broadcast'), '5000 packets, 50 packets');
  assert.is(enters('vnet2', 'broadcast'), '');
  assert.is(enters('vnet3', 'multicast'), '2000000 bytes');
  assert.is(enters('vnet3'), '');
  assert.is(enters('eth0', 'broadcast'), '');
});

test('what goes to a neighbour counts, and as a storm where it is flooded', () => {
  const goes = (iif: string, oif: string, frame: Passing = {}) =>
    counted('bridge', 'forward', { iif, oif, ...frame });
  assert.is(goes('vnet0', 'vnet2', { daddr: macs[2] ?? '' }), '1000000 bytes');
  assert.is(goes('vnet0', 'vnet2', { daddr: macs[3] ?? '' }), '50 packets, 1000000 bytes');
  assert.is(goes('vnet0', 'vnet2', { daddr: macs[3] ?? '', learned: true }), '1000000 bytes');
  assert.is(goes('vnet0', 'vnet2', { daddr: 'ff:ff:ff:ff:ff:ff', pkttype: 'broadcast' }), '1000000 bytes');
  assert.is(goes('vnet0', 'stray', { daddr: macs[3] ?? '' }), '1000000 bytes');
  assert.is(goes('vnet3', 'vnet2', { daddr: macs[2] ?? '' }), '');
  assert.is(goes('vnet3', 'vnet2', { daddr: macs[0] ?? '' }), '2000000 bytes');
  assert.is(goes('vnet2', 'vnet3', { daddr: macs[0] ?? '' }), '');
});

test('what crosses the uplink counts against its class alone', () => {
  assert.is(counted('bridge', 'forward', { iif: 'vnet0', oif: 'eth0', daddr: macs[3] ?? '' }), '');
  assert.is(counted('bridge', 'forward', { iif: 'eth0', oif: 'vnet0', daddr: macs[3] ?? '' }), '');
});

test('what the host takes, or routes to a bridge, is known by its mark', () => {
  const { mark } = ruleset.pass('bridge', 'input', { iif: 'vnet0' });
  assert.is(counted('inet', 'input', { mark }), '1000000 bytes');
  assert.is(counted('bridge', 'output', { oif: 'vnet3', mark }), '1000000 bytes');
  assert.is(counted('bridge', 'output', { oif: 'eth0', mark }), '');
  const { mark: unlimited } = ruleset.pass('bridge', 'input', { iif: 'vnet2' });
  assert.is(counted('inet', 'input', { mark: unlimited }), '');
});

test('each frame and hook has one lookup more, however many guests there are', () => {
  const many = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`g${at}`, `vnet${at}@br0/52:54:00:00:01:${10 + at}`]),
  );
  const rules = generateFor(makeWorld('[defaults]\nunlisted = "shape"\nlocal = "1mbit"\n', many)).rules;
  const network = readNetwork(rules).ruleset;
  assert.is(network.pass('bridge', 'forward', { iif: 'vnet39', oif: 'vnet1' }).rules, 3);
  assert.is(network.pass('bridge', 'forward', { iif: 'vnet0', oif: 'vnet1' }).rules, 3);
});

test('without any limit in the configuration there is nothing of them', () => {
  const plain = generateFor(makeWorld('[guest."*"]\nlocal = "off"\n', guests)).rules['ruleset.nft'];
  for (const word of ['limit rate over', 'prerouting', 'set taps', 'neighbours'])
    assert.not.match(plain, word);
});

test.run();
