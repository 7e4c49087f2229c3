// Which changes are a guest's alone, so that a load needs not read the kernel for them. That what they do leads from the one
// rendering to the other: fuzz/small-change.test.ts.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findSmallChange } from '../../../src/diff/small-change.ts';
import type { Rules } from '../../../src/render/render.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const rulesOf = (ceil: string, guests: Record<string, string> = { ann: 'vnet0@br0', ben: 'vnet1@br0' }) =>
  generateFor(
    makeWorld(`[defaults]\nrate = "2mbit"\n[guest.ann]\nid = 0x10\nceil = "${ceil}"\n[guest.ben]\n`, guests),
  ).rules;
const rules = rulesOf('9mbit');

/** The rules with that in the place of the first text, which is there. */
function edited(file: keyof Rules, from: string | RegExp, to: string): Rules {
  const text = rules[file].replace(from, to);
  assert.is.not(text, rules[file], String(from));
  return { ...rules, [file]: text };
}

const found = (from: Rules, to: Rules) =>
  findSmallChange(from, to)?.differences.map(({ action, kind, device }) => `${action} ${kind} ${device}`);

test('a limit that changes is its two classes, whether or not the table stays', () => {
  const classes = ['change class eth0', 'change class ifb-eth0'];
  const change = findSmallChange(rules, rulesOf('7mbit'));
  assert.is(change?.commands, '', 'of nft nothing is wanted');
  assert.equal(
    change?.differences.map(({ wanted }) => wanted?.values.ceil),
    [7e6, 7e6],
  );
  assert.equal(found(rules, rulesOf('7mbit')), classes);
  const ended = found(rules, rulesOf('7mbit', { ann: 'vnet0@br0' })) ?? [];
  assert.equal(
    ended.filter((one) => one.startsWith('change')),
    [...classes, 'change table bridge'],
  );
});

test('nothing but comments: nothing is to be done', () => {
  const other = { ...rules, 'ruleset.nft': `# another head\n${rules['ruleset.nft']}` };
  assert.equal(findSmallChange(rules, other)?.differences, []);
  assert.is(findSmallChange(rules, other)?.commands, '');
});

test('more than guests, or what the kernel cannot change in place, is not small', () => {
  const tree = [
    'qdisc add dev eth1 root handle 1: htb default fffe r2q 30323',
    'class add dev eth1 parent 1: classid 1:fffe htb rate 1mbit ceil 1mbit',
  ];
  for (const [what, other] of Object.entries({
    'a device': edited('devices.ip', 'txqueuelen 1000', 'txqueuelen 900'),
    'a setting': edited('settings.sysctl', ' = 1', ' = 0'),
    'a frame of the table': edited('ruleset.nft', 'priority 250', 'priority 251'),
    'a tree': { ...rules, 'shape.tc': `${rules['shape.tc']}${tree.join('\n')}\n` },
    'the owner of a class': edited('shape.tc', '# guest ann', '# guest rob'),
    'the parent of a class': edited('shape.tc', 'parent 1:ffff classid 1:10', 'parent 1: classid 1:10'),
    'a queue': edited('shape.tc', /(handle 10: fq_codel limit )10240/, '$19000'),
    'the ifb of a tap': edited('shape.tc', /(0x76730010 fw .* dev )ifb-eth0/, '$1ifb-eth1'),
    'a line that nobody knows': edited('shape.tc', 'htb rate 2mbit', 'cbq rate 2mbit'),
    'an object twice': { ...rules, 'shape.tc': `${rules['shape.tc']}${tree[1]}\n${tree[1]} burst 9000\n` },
  })) {
    assert.is(findSmallChange(rules, other), undefined, what);
    assert.is(findSmallChange(other, rules), undefined, `${what}, back`);
  }
});

test.run();
