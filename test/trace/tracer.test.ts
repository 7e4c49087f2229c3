// The tracer is a judge, so it is tried itself: what nft, tc or ip would refuse, or what it does not know,
// must stop it. Each case is one change to good files.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Rules } from '../../src/render/render.ts';
import { generateFor, makeWorld } from '../support/world.ts';
import { readNetwork, trace } from './trace.ts';

const toml = '[group.g]\nid = 3\nceil = "30mbit"\n[guest.cliff]\nid = 0x10\ngroup = "g"\nrate = "15mbit"\n';
const good = generateFor(makeWorld(toml, { cliff: 'vnet0@br0' })).rules;

function changed(file: keyof Rules, from: string | RegExp, to: string): Rules {
  const text = good[file].replace(from, to);
  assert.is.not(text, good[file], `${from} is not in ${file}`);
  return { ...good, [file]: text };
}

const refused: [string, keyof Rules, string | RegExp, string][] = [
  ['a rule it does not know', 'ruleset.nft', 'meta mark set', 'ether type ip meta mark set'],
  ['another hook', 'ruleset.nft', 'hook forward', 'hook ingress'],
  ['a chain that is not there', 'ruleset.nft', 'goto out-10', 'goto out-11'],
  ['a map that is not there', 'ruleset.nft', 'vmap @guests', 'vmap @guest'],
  ['two elements for one pair', 'ruleset.nft', '"eth0" . "vnet0"', '"vnet0" . "eth0"'],
  ['a comment of 129 bytes', 'ruleset.nft', '"cliff sends"', `"${'x'.repeat(129)}"`],
  ['a name that ends its comment', 'ruleset.nft', '"cliff sends"', '"cliff" sends"'],
  ['a name with a line end', 'ruleset.nft', '# cliff sends', '# cliff\nsends'],
  ['a parent that is not there', 'shape.tc', 'parent 1:3 classid', 'parent 1:4 classid'],
  ['a class of the other tree', 'shape.tc', 'classid 1:10', 'classid 2:10'],
  ['a class twice', 'shape.tc', 'classid 1:10', 'classid 1:3'],
  ['a handle twice', 'shape.tc', 'handle 10:', 'handle 1:'],
  ['a leaf in an inner class', 'shape.tc', 'parent 1:10 handle', 'parent 1:3 handle'],
  ['an option it does not know', 'shape.tc', 'quantum 123750', 'quantum 123750 prio 1'],
  ['no quantum', 'shape.tc', ' quantum 123750', ''],
  ['a filter before its clsact', 'shape.tc', /qdisc add dev vnet0 clsact/, '#'],
  ['an ifb twice', 'devices.ip', /(link add.*\n)/, '$1$1'],
  ['another kind of device', 'devices.ip', 'type ifb', 'type dummy'],
];

for (const [name, file, from, to] of refused) {
  test(`does not take ${name}`, () => {
    const rules = changed(file, from, to);
    assert.throws(() => readNetwork(rules), /^the tracer does not understand|twice|there is no/);
  });
}

test('does not send to an ifb that is down', () => {
  assert.throws(() => readNetwork(changed('devices.ip', ' up ', ' ')), /does not understand/);
  const network = readNetwork(changed('devices.ip', /^link .*$/gm, ''));
  assert.throws(() => trace(network, { iif: 'eth0', oif: 'vnet0' }), /no ifb that is up/);
});

test('a priority of the wrong tree, or of an inner class, leads to the default class', () => {
  for (const priority of ['2:10', '1:3', '1:11']) {
    const network = readNetwork(changed('ruleset.nft', 'priority set 1:10', `priority set ${priority}`));
    const { queue } = trace(network, { iif: 'vnet0', oif: 'eth0' });
    assert.is(queue !== 'direct' && queue.path[0]?.id, '1:fffe', priority);
  }
});

test('a default class that is not there leaves unmarked frames unshaped', () => {
  const network = readNetwork(changed('shape.tc', 'default fffe', 'default fffd'));
  assert.is(trace(network, { oif: 'eth0' }).queue, 'direct');
});

test.run();
