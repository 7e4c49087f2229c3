// Which devices of the host's routes are uplinks of those behind a router, and which lead past them.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exitsOf, readAstray } from '../../../../src/observe/way/read-astray.ts';
import type { UplinkPlan } from '../../../../src/plan/plan.ts';
import type { Run } from '../../../../src/system/exec.ts';

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

/** Two bridges whose guests leave by an uplink of their own each, and one guest in a bridge of an uplink. */
const routed = [
  { name: 'wan0', ports: [], routes: ['wan0'], taps: [{ name: 'vnet0', bridge: 'virbr0' }] },
  { name: 'wan1', ports: [], routes: ['wan1'], taps: [{ name: 'vnet1', bridge: 'virbr1' }] },
  {
    name: 'eth2',
    ports: [{ name: 'eth2', bridge: 'br2' }],
    taps: [{ name: 'vnet2', bridge: 'br2' }],
  },
] as unknown as UplinkPlan[];

/** @param routes by which device the host sends on what comes in by each bridge @returns tap -> the devices past its uplinks */
async function astray(routes: Record<string, string>, own = routed) {
  const asked: string[] = [];
  const run = (async (_ip: string, _options: string[], { input = '' }: { input?: string }) => {
    const lines = input.trimEnd().split('\n');
    asked.push(...lines.flatMap((line) => / iif (\S+)/.exec(line)?.[1] ?? []));
    const answers = lines.map((line) => {
      const [, bridge = ''] = / iif (\S+)/.exec(line) ?? [];
      return bridge === '' ? [] : [{ dst: 'default', dev: routes[bridge] }];
    });
    return { status: 0, stdout: answers.map((one) => `${JSON.stringify(one)}\n`).join(''), stderr: '' };
  }) as unknown as Run;
  const address = (at: number) => [{ family: 'IPv4', address: `10.${at}.0.1`, cidr: `10.${at}.0.1/24` }];
  const found = await readAstray(run, own, {
    interfaces: () => ({ virbr0: address(0), virbr1: address(1), br2: address(2) }) as never,
    file: (path) => (path.endsWith('/ip_forward') ? '1\n' : undefined),
  });
  return { found: [...found].map(([tap, lost]) => [tap, ...lost.flatMap(({ devices }) => devices)]), asked };
}

test('each guest behind a router is to leave by an uplink of its own bridge, not by that of another', async () => {
  const { found, asked } = await astray({ virbr0: 'wan0', virbr1: 'wan1' });
  assert.equal([found, asked], [[], ['virbr0', 'virbr1']]);
  assert.equal((await astray({ virbr0: 'wan1', virbr1: 'wan1' })).found, [['vnet0', 'wan1']]);
  assert.equal((await astray({ virbr0: 'wan0', virbr1: 'wan0' })).found, [['vnet1', 'wan0']]);
  assert.equal((await astray({ virbr0: 'wan0', virbr1: 'wan9' })).found, [['vnet1', 'wan9']]);
});

test('where nobody is behind a router nothing is asked', async () => {
  assert.equal(await astray({}, routed.slice(2)), { found: [], asked: [] });
});

test.run();
