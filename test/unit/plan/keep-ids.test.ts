// Ids that are kept: of those who run, of those who have run, and whether anybody needs one that he has not.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assignIds, type ChosenIds, idOf, keepIds } from '../../../src/plan/ids.ts';
import { readToml } from '../../support/world.ts';

const config = readToml('[guest.entry]\n[guest."web-*"]\n[guest.fixed]\nid = 5\n');
const chosen = (guests: Record<string, number>, idle?: string[]): ChosenIds => {
  return { guests, groups: { g: 0xf001 }, ...(idle ? { idle } : {}) };
};

test('who neither runs nor has an entry is idle, however few they are; the longest idle come first', () => {
  const idle = (running: string[], before: ChosenIds) => assignIds(config, running, before).chosen.idle;
  assert.is(idle([], chosen({})), undefined);
  assert.is(idle(['a'], chosen({ a: 0x1001 })), undefined);
  assert.equal(idle([], chosen({ a: 0x1001 })), ['a']);
  assert.equal(idle(['c'], chosen({ b: 0x1002, a: 0x1001 })), ['a', 'b']);
  assert.equal(idle([], chosen({ a: 0x1001, b: 0x1002, c: 0x1003 }, ['c', 'nobody'])), ['c', 'a', 'b']);
  assert.equal(idle(['c'], chosen({ a: 0x1001, b: 0x1002, c: 0x1003 }, ['c', 'b'])), ['b', 'a']);
  assert.is(idle([], chosen({ entry: 0x1001, fixed: 0x1002 })), undefined);
  assert.equal(assignIds(config, [], chosen({ a: 0x1001 }, ['a'])).chosen.guests.a, 0x1001);
});

test('ids are stored in the order of their names, whoever had one before', () => {
  const { guests, groups } = assignIds(
    readToml('[group.b]\nceil = "1gbit"\n[group.a]\nceil = "1gbit"\n'),
    ['a', 'b', 'c'],
    {
      guests: { c: 0x1003, b: 0x1002 },
      groups: { b: 0xf002 },
    },
  ).chosen;
  assert.equal(
    [Object.keys(guests), Object.keys(groups)],
    [
      ['a', 'b', 'c'],
      ['a', 'b'],
    ],
  );
});

test('where all who came and left have ids, these are kept, and who left is idle', () => {
  const guests = { a: 1, b: 2, c: 3, entry: 4 };
  const kept = (came: string[], left: string[], idle?: string[]) =>
    keepIds(config, came, left, chosen(guests, idle))?.idle;
  assert.equal(keepIds(config, ['a'], [], chosen(guests)), { guests, groups: { g: 0xf001 } });
  assert.equal(kept([], ['b', 'a']), ['a', 'b']);
  assert.equal(kept([], ['a'], ['c']), ['c', 'a']);
  assert.equal(kept([], ['c'], ['c']), ['c']);
  assert.equal(kept(['c'], ['a'], ['c', 'b']), ['b', 'a']);
  assert.is(kept(['c'], [], ['c']), undefined);
  assert.is(kept(['a'], ['a']), undefined, 'it has come back');
  assert.is(kept([], ['entry']), undefined, 'it has an entry');
});

test('where somebody has no id yet, none is kept: they are drawn anew', () => {
  const guests = { a: 1 };
  assert.is(keepIds(config, ['new'], [], chosen(guests)), undefined);
  assert.is(keepIds(config, ['a', 'new'], [], chosen(guests)), undefined);
  assert.is(keepIds(config, [], ['new'], chosen(guests)), undefined);
  assert.is(keepIds(config, ['toString'], [], chosen(guests)), undefined);
  assert.ok(keepIds(config, [], [], chosen(guests)));
});

test('an id that was given to nobody is a mistake of ours', () => {
  assert.is(idOf(new Map([['a', 7]]), 'a'), 7);
  assert.throws(() => idOf(new Map(), 'a'), /no id was assigned to a/);
});

test.run();
