// For any policy and a guest of it that comes or goes: where that is called a small change, what it does to the kernel
// leads from the one rendering to the other, object by object and element by element.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRules } from '../../src/diff/parse-rules.ts';
import { findSmallChange, type SmallChange } from '../../src/diff/small-change.ts';
import { sameFrame, sameGuests } from '../../src/kernel/nft/same.ts';
import { parseRuleset, type Ruleset, type Table, targetOf } from '../../src/kernel/nft/table.ts';
import type { TcObject } from '../../src/kernel/objects.ts';
import { differingOptions } from '../../src/kernel/tc/values.ts';
import type { Rules } from '../../src/render/render.ts';
import { generateFor } from '../support/world.ts';
import { bounded, randomWorld } from './random-world.ts';

/** What nft makes of the commands; it refuses those that the cases here refuse. */
function commit(text: string, commands: string): Ruleset {
  const ruleset = structuredClone(parseRuleset(text));
  for (const command of commands.split('\n').filter(Boolean)) {
    const words = command.match(/^(create|add|delete) (chain|rule|element) (\w+ virt-shaper) (\S+) ?(.*)$/);
    const [, verb = '', what = '', name = '', where = '', rest = ''] = words ?? [];
    const table = ruleset.tables.get(name);
    assert.ok(table, command);
    const { chains, maps } = table as Table;
    const elements = maps.get(where)?.elements ?? new Map<string, string>();
    const [, key = '', value = ''] = rest.match(/^\{ (.+?)(?: : (.+))? \}$/) ?? [];
    if (`${verb} ${what}` === 'create chain') {
      assert.not(chains.has(where), command);
      chains.set(where, { rules: [], line: 0, end: 0 });
    } else if (`${verb} ${what}` === 'add rule') {
      chains.get(where)?.rules.push(rest);
    } else if (`${verb} ${what}` === 'create element') {
      assert.not(elements.has(key), command);
      assert.ok(!value.startsWith('goto') || chains.has(targetOf(value) ?? ''), command);
      elements.set(key, value);
    } else if (`${verb} ${what}` === 'delete element') {
      assert.ok(elements.delete(key), command);
    } else if (`${verb} ${what}` === 'delete chain') {
      const led = [...maps.values()].flatMap((map) => [...map.elements.values()]);
      assert.not(led.includes(`goto ${where}`), command);
      assert.ok(chains.delete(where), command);
    } else assert.unreachable(command);
  }
  return ruleset;
}

function mend(objects: Map<string, TcObject>, { differences }: SmallChange): Map<string, TcObject> {
  const mended = new Map(objects);
  for (const { action, kind, device, held, wanted } of differences) {
    if (kind === 'table') continue;
    if (action === 'remove') {
      assert.ok(mended.delete(held?.key ?? ''));
      // What is on it goes with it.
      for (const [key, one] of mended) {
        const below = kind === 'class' ? one.kind === 'leaf' && one.id === held?.id : one.kind === 'filter';
        if (one.device === device && below) mended.delete(key);
      }
    } else if (wanted) {
      assert.is(mended.has(wanted.key), action === 'change');
      mended.set(wanted.key, wanted);
    }
  }
  return mended;
}

/** As a load compares them: of a rate the kernel holds bytes, so that bits between two of them are the same. */
function assertSame(mended: Map<string, TcObject>, wanted: Map<string, TcObject>): void {
  assert.equal([...mended.keys()].sort(), [...wanted.keys()].sort());
  for (const one of wanted.values()) {
    const held = mended.get(one.key);
    assert.is(held?.parent, one.parent, one.key);
    assert.equal(held && differingOptions(one, held), [], one.key);
  }
}

/** @returns whether it is a small change, of elements among others */
function leads(from: Rules, to: Rules): boolean {
  const change = findSmallChange(from, to);
  if (!change) return false;
  const committed = commit(from['ruleset.nft'], change.commands);
  assert.ok(sameGuests(committed, parseRuleset(to['ruleset.nft'])));
  assert.ok(sameFrame(committed, parseRuleset(to['ruleset.nft'])));
  assertSame(mend(parseRules(from, 'from').objects, change), parseRules(to, 'to').objects);
  return change.to.ruleset !== '';
}

test('a guest that comes or goes', () => {
  const small = { comes: 0, goes: 0 };
  fc.assert(
    fc.property(randomWorld(), fc.nat(), (world, which) => {
      if (world.guests.length < 2) return;
      const all = generateFor(world);
      const guests = world.guests.filter((_guest, index) => index !== which % world.guests.length);
      const without = generateFor({ ...world, guests }, all.chosen);
      if (leads(all.rules, without.rules)) small.goes += 1;
      if (leads(without.rules, all.rules)) small.comes += 1;
    }),
    bounded(300),
  );
  for (const [way, count] of Object.entries(small))
    assert.ok(count > 0, `one that ${way} is never a small change`);
});

test('two policies that have nothing to do with each other', () => {
  fc.assert(
    fc.property(randomWorld(), randomWorld(), (one, other) => {
      leads(generateFor(one).rules, generateFor(other).rules);
    }),
    bounded(150),
  );
});

test.run();
