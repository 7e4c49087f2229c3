// Which frames a ruleset gives to which class, whatever the guests are called: names stand in its comments.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRules } from '../../../../src/diff/parse-rules.ts';
import { withClasses } from '../../../../src/kernel/nft/edit.ts';
import {
  childrenIn,
  isHandedOver,
  pairsBelow,
  readElements,
  readOwners,
} from '../../../../src/kernel/nft/owners.ts';
import { emptyState, makeObject } from '../../../../src/kernel/objects.ts';
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

const routed = `table bridge virt-shaper {
  map guests {
    type ifname . ifname : verdict
    elements = { "vnet0" . "eth0" : goto out-10 }
  }
  map senders {
    type ifname : mark
    elements = { "vnet0" : 0x76730010, "vnet1" : 0x76730010, "vnet2" : 0x76730020 }
  }
  map sent {
    type ifname . mark : verdict
    elements = { "eth1" . 0x76730010 : goto out-10 }
  }
  chain out-10 {
    meta mark set 0x76730010 meta priority set 1:10
  }
}
table inet virt-shaper {
  map routed {
    type ifname . mark : classid
    elements = { "wg0" . 0x76730020 : 1:20, "wg1" . 0x76730099 : 1:30 }
  }
  set some {
    type ifname
    elements = { "vnet0" }
  }
}
`;

test('what leaves the host belongs to those whose frames get its mark where they come in', () => {
  assert.equal(
    [...readOwners(routed)].map(([id, pairs]) => [id, ...pairs]),
    [['1:10', 'vnet0 . eth0', 'vnet0 . eth1', 'vnet1 . eth1'], ['1:20', 'vnet2 . wg0'], ['1:30']],
  );
});

test('elements are named for people by what they lead to; those of other maps with the map', () => {
  assert.equal(
    [...readElements(routed)],
    [
      ['vnet0 . eth0', 'class 1:10'],
      ['senders vnet0', '0x76730010'],
      ['senders vnet1', '0x76730010'],
      ['senders vnet2', '0x76730020'],
      ['sent eth1 . 0x76730010', 'class 1:10'],
      ['routed wg0 . 0x76730020', 'class 1:20'],
      ['routed wg1 . 0x76730099', 'class 1:30'],
      ['some vnet0', 'the set'],
    ],
  );
});

test('a class is handed over where others have it and nobody of before stays', () => {
  const handed = (before: string[], after: string[]) => isHandedOver(new Set(before), new Set(after));
  assert.equal([handed(['a'], ['b']), handed(['a', 'b'], ['c', 'd'])], [true, true]);
  assert.equal([handed(['a'], ['a']), handed(['a', 'b'], ['b', 'c'])], [false, false]);
  assert.equal([handed([], ['a']), handed(['a'], []), handed([], [])], [false, false, false]);
});

test('the pairs of a class are its own and those of all classes below it on its device', () => {
  const made = (device: string, id: string, parent: string) => ({
    ...makeObject('class', device, id, {}),
    parent,
  });
  const objects = [
    made('eth0', '1:1', '1:'),
    made('eth0', '1:2', '1:1'),
    made('eth0', '1:10', '1:2'),
    made('eth0', '1:20', '1:1'),
    made('eth1', '1:30', '1:1'),
    makeObject('clsact', 'eth0', 'clsact', {}),
  ];
  const children = childrenIn({
    ...emptyState(),
    objects: new Map(objects.map((one, at) => [`${at}`, one])),
  });
  assert.equal(
    [...children].map(([key, below]) => [key, ...below.map(({ id }) => id)]),
    [
      ['eth0 1:', '1:1'],
      ['eth0 1:1', '1:2', '1:20'],
      ['eth0 1:2', '1:10'],
      ['eth1 1:1', '1:30'],
    ],
  );
  const owners = new Map(['1:10', '1:20', '1:30'].map((id) => [id, new Set([`vnet . ${id}`])]));
  owners.set('1:2', new Set(['own']));
  const below = (at: number) => [...pairsBelow(owners, children, objects[at] as (typeof objects)[number])];
  assert.equal(below(0), ['own', 'vnet . 1:10', 'vnet . 1:20']);
  assert.equal(below(1), ['own', 'vnet . 1:10']);
  assert.equal(below(3), ['vnet . 1:20']);
});

test('classes are put in the place of others in rules, not in comments or names; all of them or none', () => {
  const text = 'meta priority set 1:10 comment "1:10 # 1:20" # 1:10\nmap : 1:20, 11:10, 1:100, x1:10\n';
  assert.is(
    withClasses(text, new Map([['1:10', '1:77']])),
    'meta priority set 1:77 comment "1:10 # 1:20" # 1:10\nmap : 1:20, 11:10, 1:100, x1:10\n',
  );
  assert.is(
    withClasses(
      text,
      new Map([
        ['1:10', '1:20'],
        ['1:20', '1:10'],
      ]),
    ),
    'meta priority set 1:20 comment "1:10 # 1:20" # 1:10\nmap : 1:10, 11:10, 1:100, x1:10\n',
  );
  assert.is(withClasses(text, new Map([['1:99', '1:1']])), undefined);
  assert.is(withClasses(text, new Map()), text);
});

test.run();
