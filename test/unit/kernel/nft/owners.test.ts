// Which frames a ruleset gives to which class, whatever the guests are called: names stand in its comments.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRules } from '../../../../src/diff/parse-rules.ts';
import { readOwners } from '../../../../src/kernel/nft/owners.ts';
import { hostile } from '../../../fuzz/names.ts';
import { generateFor, makeWorld } from '../../../support/world.ts';

const names = hostile.filter((name) => !name.includes('/'));

test('each guest has the class of his own pairs, and the files belong together', () => {
  const guests = Object.fromEntries(names.map((name, at) => [`${name}.`, `vnet${at}@br0`]));
  const { rules, plan } = generateFor(makeWorld('[defaults]\nunlisted = "shape"\n', guests));
  parseRules(rules, 'rules.d');
  const owners = readOwners(rules['ruleset.nft']);
  assert.is(owners.size, 2 * names.length);
  for (const chain of plan.chains) {
    const pairs = chain.lookups.map(({ iif, oif }) => `${iif} . ${oif}`);
    assert.equal([...(owners.get(chain.class) ?? [])], pairs, chain.guest);
  }
});

test('a class in a comment is none, in a rule it is', () => {
  const owners = readOwners(`table bridge t {
  chain a {
    # "x" meta priority set 1:1
    meta mark set 1 meta priority set 1:2 comment "meta priority set 1:3 # sends"
  }
  map m {
    type ifname . ifname : verdict
    elements = { "v" . "e" : goto a,  # "w" . "e" : goto a
    "u#" . "e" : goto a }
  }
}`);
  assert.equal(
    [...owners].map(([id, pairs]) => [id, [...pairs]]),
    [['1:2', ['v . e', 'u# . e']]],
  );
});

test.run();
