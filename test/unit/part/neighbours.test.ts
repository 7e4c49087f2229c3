// Whose lines stand beside those of a guest that comes or goes. Where one of them is missing all are rendered, and each that is
// needless costs time.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { neighboursOf } from '../../../src/part/neighbours.ts';
import { makeWorld } from '../../support/world.ts';

/** Those that stay, in the order in which they were started. */
const rest = ['k', 'a', 'b', 'c', 'h', 'i', 'l', 'm', 'y', 'z'];
/** Beside p always: k for its uplink, two on each side by name, and two by tap. */
const always = ['k', 'l', 'm', 'y', 'z'];

/** Who is beside p, which has the last tap. @param groups guest -> its group */
function besideP(groups: Record<string, string>): string[] {
  const entries = Object.entries(groups).map(([name, group]) => `[guest.${name}]\ngroup = "${group}"\n`);
  const tables = [...new Set(Object.values(groups))].map((group) => `[group.${group}]\nceil = "1gbit"\n`);
  const nics = [...rest, 'p'].map((name, at) => [name, `vnet${10 + at}@br0`]);
  const { config, host, guests } = makeWorld([...tables, ...entries].join(''), Object.fromEntries(nics));
  const near = neighboursOf(config, host, guests.slice(0, -1), guests.slice(-1), []);
  return [...near].map(({ name }) => name).sort();
}

test('without groups those next to it by name and by tap are, and one for each uplink', () => {
  assert.equal(besideP({}), always);
});

test('a group that nobody else is in stands before the first guest without one, wherever that is listed', () => {
  assert.equal(besideP({ p: 'web' }), ['a', ...always]);
});

test('the groups before and after its own are, with their members, and behind the last the first guest without one', () => {
  const others = { b: 'api', c: 'mid', i: 'old', h: 'zoo' };
  assert.equal(besideP({ ...others, p: 'api' }), ['b', 'c', ...always], 'in the first group');
  assert.equal(besideP({ ...others, p: 'mid' }), ['b', 'c', 'i', ...always]);
  assert.equal(besideP({ ...others, p: 'jam' }), ['b', 'c', 'i', ...always], 'in a group of its own');
  assert.equal(besideP({ ...others, p: 'zoo' }), ['a', 'h', 'i', ...always], 'in the last');
  assert.equal(besideP(others), ['a', 'h', ...always], 'in none: it comes after the last');
});

test.run();
