// Elements of our table that are left out while their uplink is not touched: the others stay, each of them whole.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { findSmallChange } from '../../../src/diff/small-change.ts';
import { waysOf } from '../../../src/diff/ways.ts';
import { withoutElements } from '../../../src/kernel/nft/edit.ts';
import { noTable, parseRuleset } from '../../../src/kernel/nft/table.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const toml = '[defaults]\nunlisted = "shape"\n[uplink.eth0]\n[uplink.eth1]\n';
const uplinks = { eth0: 'br0 1000', eth1: 'br1 1000' };
const { rules } = generateFor(makeWorld(toml, { ann: 'vnet0@br0', ben: 'vnet1@br0 vnet2@br1' }, uplinks));
const ruleset = rules['ruleset.nft'];
/** As nft lists them: several in a line, the first behind the brace. */
const listed = ruleset.replace(/elements = \{([^}]*)\}/g, (_all, list: string) => {
  const elements = list.split('\n').flatMap((line) => line.replace(/,?\s*#.*/, '').trim() || []);
  const pairs = elements.flatMap((_one, at) => (at % 2 ? [] : elements.slice(at, at + 2).join(', ')));
  return `elements = { ${pairs.join(',\n\t\t\t     ')} }`;
});

/** Map -> its elements, of those with a class. */
function elementsOf(text: string): Record<string, string[]> {
  const maps = [...parseRuleset(text).tables.values()].flatMap((table) => [...table.maps]);
  return Object.fromEntries(maps.map(([name, { elements }]) => [name, [...elements.keys()]]));
}

const ways = waysOf(parseRules(rules, 'here'));
const keys = [...ways.keys()];

test('each element with a class is of one uplink and direction', () => {
  const { guests = [], sent = [] } = elementsOf(ruleset);
  assert.equal(keys.sort(), [...guests, ...sent].sort());
  for (const [key, { uplink, direction }] of ways) {
    const eth1 = key.includes('eth1') || key.includes('vnet2');
    assert.is(uplink, eth1 ? 'eth1' : 'eth0', key);
    assert.is(direction, key.startsWith('"eth') === key.includes('0x') ? 'out' : 'in', key);
  }
});

test('without some of them the others are as they were', () => {
  assert.equal(elementsOf(listed), elementsOf(ruleset));
  const before = elementsOf(ruleset);
  for (const text of [ruleset, listed]) {
    for (let lost = 0; lost < 2 ** Math.min(keys.length, 8) - 1; lost += 1) {
      const isLost = (key: string) => (lost & (1 << (keys.indexOf(key) % 8))) !== 0;
      const after = withoutElements(text, isLost);
      const expected = Object.entries(before).map(([map, list]) => [map, list.filter((key) => !isLost(key))]);
      assert.equal(elementsOf(after), Object.fromEntries(expected));
      assert.equal(
        [...parseRuleset(after).tables.values()].map(({ chains }) =>
          [...chains.values()].map((one) => one.rules),
        ),
        [...parseRuleset(text).tables.values()].map(({ chains }) =>
          [...chains.values()].map((one) => one.rules),
        ),
      );
    }
    assert.is(
      withoutElements(text, () => true),
      noTable,
      'of nothing there is no table',
    );
  }
});

test('an element that stands on a line of its own takes the line with it', () => {
  for (const key of keys) {
    const isOf = (line: string) => line.trim().startsWith(`${key} :`);
    const others = ruleset.split('\n').filter((line) => !isOf(line));
    assert.is(others.length, ruleset.split('\n').length - 1, key);
    assert.equal(withoutElements(ruleset, (one) => one === key).split('\n'), others);
  }
});

test('comments are no difference: what is shaped is the same', () => {
  const shape = rules['shape.tc'];
  const change = findSmallChange(rules, { ...rules, 'shape.tc': `# another head\n\n${shape}` });
  assert.equal(change?.differences, []);
});

test.run();
