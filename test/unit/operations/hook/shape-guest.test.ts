// What a call of the hook has come to once the load for all that waited is over.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { shapedBy } from '../../../../src/operations/hook/shape-guest.ts';
import type { Obstacle } from '../../../../src/store/in-force-plan.ts';

const obstacle: Obstacle = {
  uplink: 'eth0',
  directions: ['out'],
  reason: 'the root qdisc of eth0 is somebody else’s',
  hint: 'take it out',
  guests: [{ guest: 'cliff', tap: 'vnet0' }],
};

test('a call is done only where the load was well, nothing is in its guest’s way, and no NIC of it lacks', () => {
  const cases: [isWell: boolean, obstacles: Obstacle[], lacking: string[], isDone: boolean][] = [
    [true, [], [], true],
    [true, [obstacle], [], false],
    [true, [], ['cliff'], false],
    [false, [], [], false],
    [false, [obstacle], ['cliff'], false],
    [true, [{ ...obstacle, guests: [{ guest: 'rob', tap: 'vnet1' }] }], ['rob'], true],
  ];
  for (const [isWell, obstacles, lacking, isDone] of cases) {
    const result = { obstacles, lacking: new Set(lacking) };
    const shaped = shapedBy({ name: 'cliff', starts: false }, result, isWell);
    assert.equal(shaped, { isDone }, JSON.stringify([isWell, obstacles.length, lacking]));
  }
});

test('only a start fails for what is in its way, and says what', () => {
  const result = { obstacles: [obstacle], lacking: new Set<string>() };
  const { failure } = shapedBy({ name: 'cliff', starts: true }, result, true);
  assert.equal([failure?.message, failure?.hint], [`guest cliff: ${obstacle.reason}`, 'take it out']);
  assert.equal(shapedBy({ name: 'rob', starts: true }, result, true), { isDone: true });
});

test.run();
