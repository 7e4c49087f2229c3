// Files of rules.d that do not fit together, as after an edit by hand: each line may be valid, and frames would go where nothing
// limits them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import type { Rules } from '../../../src/render/render.ts';
import { ConfigError } from '../../../src/system/errors.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const { rules } = generateFor(
  makeWorld(
    '[group.web]\nceil = "50mbit"\n[guest.cliff]\ngroup = "web"\nid = 0x10\n[guest.rob]\nid = 0x11\n',
    {
      cliff: 'vnet0@br0',
      rob: 'vnet1@br0',
    },
  ),
);

/** Takes the lines out that begin so, below any indentation. */
function without(file: keyof Rules, ...starts: string[]): Rules {
  const lines = rules[file].split('\n');
  const left = lines.filter((line) => !starts.some((start) => line.trimStart().startsWith(start)));
  assert.ok(left.length < lines.length, `${file} has ${starts}`);
  return { ...rules, [file]: left.join('\n') };
}

/** `ruleset.nft:4: message`, each once. */
function said(changed: Rules): string[] {
  try {
    parseRules(changed, 'rules.d');
    return [];
  } catch (error) {
    assert.instance(error, ConfigError);
    const { problems } = error as ConfigError;
    for (const { hint, at, text } of problems) {
      assert.is(hint, 'virt-shaper render writes it anew');
      const file = at?.file.replace('rules.d/', '') as keyof Rules;
      assert.is(text, changed[file].split('\n')[(at?.line ?? 0) - 1], 'the line is shown');
    }
    return [...new Set(problems.map(({ message }) => message))];
  }
}

test('a tree without the class of what nobody owns', () => {
  assert.equal(
    said(
      without(
        'shape.tc',
        'class add dev eth0 parent 1:ffff classid 1:fffe',
        'qdisc add dev eth0 parent 1:fffe',
      ),
    ),
    ['there is no class 1:fffe, its default'],
  );
  assert.equal(
    said(
      without(
        'shape.tc',
        'class add dev ifb-eth0 parent 2:ffff classid 2:fffe',
        'qdisc add dev ifb-eth0 parent 2:fffe',
      ),
    ),
    ['there is no class 2:fffe, its default'],
  );
});

test('classes without the one that they are below', () => {
  assert.equal(said(without('shape.tc', 'class add dev eth0 parent 1: classid 1:ffff')), [
    'there is no class 1:ffff on eth0',
  ]);
  const group = /class add dev ifb-eth0 parent 2:ffff classid (2:\w+) .*# group web/.exec(
    rules['shape.tc'],
  )?.[1];
  assert.equal(said(without('shape.tc', `class add dev ifb-eth0 parent 2:ffff classid ${group} `)), [
    `there is no class ${group} on ifb-eth0`,
  ]);
});

test('marks that lead to no class, to an inner one, or out of all trees', () => {
  assert.equal(
    said(
      without('shape.tc', 'class add dev eth0 parent 1:ffff classid 1:11', 'qdisc add dev eth0 parent 1:11'),
    ),
    ['leads to class 1:11, which shape.tc does not have on eth0'],
  );
  const inner = rules['ruleset.nft'].replaceAll('priority set 1:11', 'priority set 1:ffff');
  assert.equal(said({ ...rules, 'ruleset.nft': inner }), [
    'leads to class 1:ffff, which shape.tc does not have on eth0',
  ]);
  assert.equal(said(without('shape.tc', 'filter add dev vnet1')), [
    'leads to vnet1, for which shape.tc has neither a tree nor a filter',
  ]);
});

test('the line that is shown is that of the guest whose class is missing, and of its uplink', () => {
  const toml = '[guest.cliff]\nid = 0x10\n[guest.rob]\nid = 0x11\n[uplink.eth0]\n[uplink.eth1]\n';
  const guests = { cliff: 'vnet0@br0', rob: 'vnet1@br0' };
  const two = generateFor(makeWorld(toml, guests, { eth0: 'br0 1000', eth1: 'br0 1000' })).rules;
  for (const uplink of ['eth0', 'eth1']) {
    const isOfClass = new RegExp(`dev ${uplink} parent 1:(?:ffff classid 1:)?11 `);
    const shape = two['shape.tc'].split('\n').filter((line) => !isOfClass.test(line));
    const shown = (ruleset: string) => {
      try {
        parseRules({ ...two, 'ruleset.nft': ruleset, 'shape.tc': shape.join('\n') }, 'rules.d');
      } catch (error) {
        return (error as ConfigError).problems.map(({ at, text }) => [at?.column, text?.trim()]);
      }
      return [];
    };
    const whole = two['ruleset.nft'];
    const line = (begin: RegExp) => whole.split('\n').find((one) => begin.test(one.trim()));
    const forwarded = line(new RegExp(`^"vnet1" \\. "${uplink}" :`)) ?? '';
    assert.equal(shown(whole)[0], [4, forwarded.trim()]);
    // Of what the host routes only the mark is in the table by which the frames leave it.
    const marked = line(new RegExp(`^"${uplink}" \\. 0x\\w+11 :`)) ?? '';
    assert.equal(shown(whole.replace(`${forwarded}\n`, ''))[0], [4, marked.trim()]);
  }
});

test('tables that are not of virt-shaper, which unload would leave', () => {
  const message = 'only the table bridge virt-shaper may be changed here';
  for (const more of [
    'table inet mine {\n}\n',
    'flush ruleset\n',
    'delete table inet filter\n',
    'table bridge other {}\n',
  ])
    assert.equal(said({ ...rules, 'ruleset.nft': `${rules['ruleset.nft']}${more}` }), [message], more);
});

test.run();
