// What stands in an uplink's way, in one sentence: what it is, whom it costs what, and what to do.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeObstacle } from '../../../src/diff/obstacles.ts';
import type { Obstacle } from '../../../src/store/in-force-plan.ts';

const base: Obstacle = {
  uplink: 'eth0',
  directions: ['out'],
  reason: 'it is there',
  hint: 'take it out',
  guests: [],
};
const guest = (name: string, tap = 'vnet0') => ({ guest: name, tap });
const said = (more: Partial<Obstacle>) => describeObstacle({ ...base, ...more });

test('whom it costs what, each guest once and in order', () => {
  const guests = [guest('rob'), guest('cliff', 'vnet1'), guest('rob', 'vnet2')];
  assert.is(
    said({ guests }),
    'it is there; not shaped is what these guests send by eth0: cliff, rob; take it out',
  );
  assert.is(
    said({ guests, directions: ['in'] }),
    'it is there; not shaped is what these guests receive by eth0: cliff, rob; take it out',
  );
  assert.match(said({ guests, directions: ['out', 'in'] }), 'these guests send and receive by eth0');
});

test('where the kernel refused a change, what was there stays', () => {
  const guests = [guest('rob')];
  const cost = 'not shaped is what these guests send by eth0: rob';
  assert.is(said({ refused: 'tree', guests }), `it is there; eth0 stays as it was; ${cost}; take it out`);
  assert.is(
    said({ refused: 'leftover', guests }),
    `it is there; that one stays as it was; ${cost}; take it out`,
  );
  assert.is(
    said({ refused: 'tree' }),
    'it is there; eth0 stays as it was; take it out',
    'it costs nobody anything',
  );
});

test('twenty are named, of more how many they are', () => {
  const guests = Array.from({ length: 21 }, (_none, at) => guest(`g${String(at).padStart(2, '0')}`));
  assert.match(said({ guests: guests.slice(0, 20) }), /g18, g19; take it out$/);
  assert.match(said({ guests }), /g18, g19, and 1 more; take it out$/);
});

test.run();
