// Which devices of the host's routes are uplinks of those behind a router, and which lead past them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exitsOf } from '../../../../src/observe/way/read-astray.ts';
import type { UplinkPlan } from '../../../../src/plan/plan.ts';

/** A device -> what it lies on. */
const stacks: Record<string, string[]> = {
  'wan0.5': ['wan0.5', 'wan0'],
  'br1.7': ['br1.7', 'br1'],
};
const stack = (device: string) => stacks[device] ?? [device];

/** Two uplinks: a NIC that the host routes to, and one in a bridge that it routes to. */
const uplinks = [
  { name: 'wan0', ports: [], routes: ['wan0'] },
  { name: 'eth1', ports: [{ name: 'eth1', bridge: 'br1' }], routes: [] },
] as unknown as UplinkPlan[];

const lost = (devices: string[], own = uplinks) =>
  exitsOf(
    own,
    stack,
  )({ family: 'IPv4', devices }).map(
    ({ devices: others, isPart, isNew }) =>
      `${others.join(' ')}${isPart ? ' in part' : ''}${isNew ? ' new' : ''}`,
  );

test('what leaves by an uplink, its bridge, or what lies on that bridge, is not lost', () => {
  for (const devices of [['wan0'], ['br1'], ['br1.7'], ['wan0', 'br1'], []]) assert.equal(lost(devices), []);
});

test('what leaves by another device is, wholly or in part', () => {
  assert.equal(lost(['tun0']), ['tun0']);
  assert.equal(lost(['wan0', 'tun0']), ['tun0 in part']);
  assert.equal(lost(['tun0', 'tun1']), ['tun0 tun1']);
  assert.equal(lost(['wan0'], uplinks.slice(1)), ['wan0'], 'an uplink of others');
  assert.equal(lost(['br1.7'], uplinks.slice(0, 1)), ['br1.7']);
});

test('a device on an uplink that the rules do not know is new where all of them are', () => {
  assert.equal(lost(['wan0.5']), ['wan0.5 new']);
  assert.equal(lost(['wan0', 'wan0.5']), ['wan0.5 in part new']);
  assert.equal(lost(['wan0.5', 'tun0']), ['wan0.5 tun0']);
  assert.equal(lost(['tun0', 'wan0.5']), ['tun0 wan0.5']);
});

test.run();
