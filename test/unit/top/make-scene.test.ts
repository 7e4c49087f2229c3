// Two readings of the kernel as a scene: what passed and what was dropped in a second, where both know the class.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClassInUse } from '../../../src/observe/in-use.ts';
import type { InUse } from '../../../src/observe/read-in-use.ts';
import { type Uses, useKey } from '../../../src/observe/use.ts';
import { makeScene } from '../../../src/top/make-scene.ts';
import { makeInUse } from '../../support/in-use.ts';

const inUse = makeInUse([{ name: 'cliff', group: 'friends' }, { name: 'jason' }]);

/** @param change of each class's counters, to what they were before */
function before(from: InUse, change: (use: NonNullable<ClassInUse['use']>) => object): Uses {
  const all = from.guests.flatMap(({ out, in: inbound }) => [out, inbound]);
  return new Map(
    all.flatMap((one) =>
      one?.use ? [[useKey(one.device, one.id), { ...one.use, ...change(one.use) }] as const] : [],
    ),
  ) as Uses;
}

function flowOf(uses: Uses | undefined, name = 'cliff') {
  const row = makeScene(inUse, uses, 'kvm1', 0).rows.find((one) => one.kind === 'guest' && one.name === name);
  return row?.flow?.out;
}

test('what passed between the two, by the second', () => {
  const former = before(inUse, ({ at, packets, dropped }) => ({
    at: at - 500,
    packets: packets - 6,
    dropped: dropped - 3,
  }));
  const flow = flowOf(former);
  assert.equal([flow?.packets, flow?.drops], [12, 6]);
});

test('nothing is said of one reading, of none in between, and of a class that was made anew', () => {
  const speeds = (uses: Uses | undefined) => {
    const flow = flowOf(uses);
    return [flow?.packets, flow?.drops];
  };
  const unknown = [undefined, undefined];
  assert.equal(speeds(undefined), unknown);
  assert.equal(speeds(before(inUse, () => ({}))), unknown);
  assert.equal(speeds(new Map() as Uses), unknown);
  const younger = before(inUse, ({ at, packets, dropped }) => ({
    at: at - 1000,
    packets: packets + 1,
    dropped: dropped + 1,
  }));
  assert.equal(speeds(younger), unknown);
  const idle = before(inUse, ({ at }) => ({ at: at - 1000 }));
  assert.equal(speeds(idle), [0, 0]);
});

test.run();
