// What of the rules can be loaded where something is in the way of a tree: exactly what passes that tree is left out, whom it
// costs is named, and what the kernel refused to change stays as it was.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { concerns, hasTree, reachable } from '../../../src/diff/obstacles.ts';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import type { DeviceRefusal } from '../../../src/diff/unreached.ts';
import { waysOf } from '../../../src/diff/ways.ts';
import { emptyState, type KernelState, kernelWith, type State } from '../../../src/kernel/objects.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

/** Two uplinks of one bridge, and one of another. */
const uplinks = { eth0: 'br0 1000', eth1: 'br0 1000', eth2: 'br2 1000' };
const toml = '[guest.ann]\nid = 0x10\n[guest.ben]\nid = 0x11\n[uplink.eth0]\n[uplink.eth1]\n[uplink.eth2]\n';
const stateOf = (guests: Record<string, string>) =>
  parseRules(generateFor(makeWorld(toml, guests, uplinks)).rules, 'rules.d');
const asked = stateOf({ ann: 'vnet0@br0', ben: 'vnet1@br0 vnet2@br2' });
const before = stateOf({ ann: 'vnet0@br0' });
const taps = ['vnet0', 'vnet1', 'vnet2'];

/** A kernel on which that is loaded. @param gone devices that are not there */
function kernelOf(state: State, more: Partial<KernelState> = {}, gone: string[] = []): KernelState {
  const present = new Set([...Object.keys(uplinks), ...taps, ...state.devices.keys()]);
  for (const name of gone) present.delete(name);
  return { ...kernelWith(state), present, ...more };
}
const clean = emptyState();

/** `eth0 out: ann vnet0, ben vnet1` */
function inTheWay(kernel: KernelState, refusals: DeviceRefusal[] = []): string[] {
  const { obstacles } = reachable(kernel, asked, refusals);
  return obstacles.map(({ uplink, directions, guests }) => {
    const names = guests.map(({ guest, tap }) => `${guest} ${tap}`).join(', ');
    return `${uplink} ${directions.join('+')}: ${names}`;
  });
}

/** Which objects, devices and elements are left out of the rules; `+` is before what is kept of the kernel's. */
function leftOut(kernel: KernelState, refusals: DeviceRefusal[] = []): string[] {
  const { wanted } = reachable(kernel, asked, refusals);
  const elements = [...waysOf(asked)].filter(([key]) => !wanted.ruleset.includes(`${key} : `));
  const lacks = (some: Map<string, unknown>, others: Map<string, unknown>) =>
    [...some.keys()].filter((key) => !others.has(key));
  return [
    ...new Set([
      ...lacks(asked.devices, wanted.devices).map((name) => `device ${name}`),
      ...lacks(asked.objects, wanted.objects).map((key) => key.replace(/ (?:root|class|leaf).*/, ' tree')),
      ...elements.map(([, { uplink, direction, id }]) => `${direction} ${uplink} ${id}`),
      ...lacks(wanted.objects, asked.objects).map((key) => `+ ${key}`),
    ]),
  ].sort();
}

const both = ['ann vnet0', 'ben vnet1'].join(', ');
const sending = ['eth0 tree', 'out eth0 1:10', 'out eth0 1:11'];
const receiving = [
  'ifb-eth0 tree',
  'in eth0 2:10',
  'in eth0 2:11',
  'vnet0 filter 0x76730010',
  'vnet1 filter 0x76730011',
].sort();
const ours = new Map([...asked.devices].filter(([name]) => name === 'ifb-eth0'));
const root = (device: string) => new Map([[device, 'htb 7:']]);

for (const [what, kernel, named, left] of [
  ['nothing, on a clean host', kernelOf(clean), [], []],
  ['nothing, with all of it loaded', kernelOf(asked), [], []],
  [
    'a root qdisc on an uplink',
    kernelOf(asked, { foreignRoots: root('eth0') }),
    [`eth0 out: ${both}`],
    sending,
  ],
  [
    'one on an ifb of ours, which stays',
    kernelOf(asked, { foreignRoots: root('ifb-eth0') }),
    [`eth0 in: ${both}`],
    receiving,
  ],
  [
    'a device of the name of an ifb',
    kernelOf(clean, { present: new Set([...Object.keys(uplinks), ...taps, 'ifb-eth0']) }),
    [`eth0 in: ${both}`],
    ['device ifb-eth0', ...receiving],
  ],
  [
    'and with a root qdisc on it',
    kernelOf(clean, {
      present: new Set([...Object.keys(uplinks), ...taps, 'ifb-eth0']),
      foreignRoots: root('ifb-eth0'),
    }),
    [`eth0 in: ${both}`],
    ['device ifb-eth0', ...receiving],
  ],
  [
    'an uplink that is gone, whose ifb is ours and goes',
    kernelOf(clean, { devices: ours }, ['eth0']),
    [`eth0 out+in: ${both}`],
    ['device ifb-eth0', ...receiving, ...sending].sort(),
  ],
  [
    'an uplink that is gone, on whose ifb somebody has set a root qdisc',
    kernelOf(clean, { devices: ours, foreignRoots: root('ifb-eth0') }, ['eth0']),
    [`eth0 out+in: ${both}`],
    [...receiving, ...sending].sort(),
  ],
  [
    'an uplink that is gone, with the only filter of its taps',
    kernelOf(asked, {}, ['eth2']),
    ['eth2 out+in: ben vnet2'],
    [
      'device ifb-eth2',
      'eth2 tree',
      'ifb-eth2 tree',
      'in eth2 2:11',
      'out eth2 1:11',
      'vnet2 clsact',
      'vnet2 filter 0x76730011',
    ],
  ],
  [
    'two at once',
    kernelOf(asked, {
      foreignRoots: new Map([
        ['eth0', 'x'],
        ['eth1', 'x'],
      ]),
    }),
    [`eth0 out: ${both}`, `eth1 out: ${both}`],
    ['eth0 tree', 'eth1 tree', 'out eth0 1:10', 'out eth0 1:11', 'out eth1 1:10', 'out eth1 1:11'],
  ],
] as const) {
  test(`in the way: ${what}`, () => {
    assert.equal(inTheWay(kernel), named);
    assert.equal(leftOut(kernel), left);
  });
}

const refusal = (device: string, stays?: string): DeviceRefusal => ({
  device,
  message: 'no',
  ...(stays === undefined ? {} : { stays }),
});
const loaded = kernelOf(before);

test('a tree that the kernel refused to change keeps those who are in it; who is not is named', () => {
  assert.equal(inTheWay(loaded, [refusal('eth0')]), ['eth0 out: ben vnet1']);
  assert.equal(leftOut(loaded, [refusal('eth0')]), ['eth0 tree', 'out eth0 1:11']);
  assert.equal(inTheWay(loaded, [refusal('ifb-eth0')]), ['eth0 in: ben vnet1']);
  assert.equal(leftOut(loaded, [refusal('ifb-eth0')]), [
    'ifb-eth0 tree',
    'in eth0 2:11',
    'vnet1 filter 0x76730011',
  ]);
  assert.equal(inTheWay(kernelOf(asked), [refusal('eth0')]), ['eth0 out: '], 'it costs nobody anything');
  assert.equal(leftOut(kernelOf(asked), [refusal('eth0')]), []);
  assert.equal(inTheWay(kernelOf(clean), [refusal('eth0')]), [`eth0 out: ${both}`], 'none was there');
  assert.equal(leftOut(kernelOf(clean), [refusal('eth0')]), sending);
});

test('a class that it refused to delete stays, with those above it and its queue, and costs nobody anything', () => {
  const left = kernelOf(asked);
  const less = reachable(left, before, [refusal('eth0', 'eth0 class 1:11')]);
  assert.equal(
    [...less.wanted.objects.keys()].filter((key) => !before.objects.has(key)),
    ['eth0 class 1:11', 'eth0 leaf 1:11'],
  );
  assert.equal(
    less.obstacles.map(({ uplink, directions, guests, refused, reason }) => ({
      uplink,
      directions,
      guests,
      refused,
      reason,
    })),
    [{ uplink: 'eth0', directions: ['out'], guests: [], refused: 'leftover', reason: 'no' }],
  );
  assert.equal(inTheWay(left, [refusal('eth0', 'eth0 class 1:11')]), [], 'it is wanted again');
  assert.equal(inTheWay(left, [refusal('eth0', 'eth0 class 1:77')]), [], 'it has gone since');
});

test('a class of a group that has gone, too, keeps the group’s above it', () => {
  const grouped = (guests: Record<string, string>) => {
    const crew =
      '[guest.ann]\nid = 0x10\n[guest.ben]\nid = 0x11\ngroup = "crew"\n[group.crew]\nid = 0xf001\nceil = 1000000\n[uplink.eth0]\n';
    return parseRules(generateFor(makeWorld(crew, guests)).rules, 'rules.d');
  };
  const [was, wanted] = [grouped({ ann: 'vnet0@br0', ben: 'vnet1@br0' }), grouped({ ann: 'vnet0@br0' })];
  const less = reachable(kernelOf(was), wanted, [refusal('eth0', 'eth0 class 1:11')]);
  assert.equal([...less.wanted.objects.keys()].filter((key) => !wanted.objects.has(key)).sort(), [
    'eth0 class 1:11',
    'eth0 class 1:f001',
    'eth0 leaf 1:11',
  ]);
});

test('a tap that is gone, is taken or was refused costs its own guest only', () => {
  const unreached = (kernel: KernelState, refusals: DeviceRefusal[] = []) =>
    reachable(kernel, asked, refusals).unreached.map(({ tap, subject, reason }) => [tap, subject, reason]);
  assert.equal(unreached(kernelOf(asked)), []);
  assert.equal(unreached(kernelOf(asked, {}, ['vnet1'])), [['vnet1', 'guest ben', 'it is not there']]);
  assert.equal(unreached(kernelOf(asked), [refusal('vnet0')]), [['vnet0', 'guest ann', 'no']]);
  const [taken = []] = unreached(kernelOf(clean, { occupiedTaps: new Set(['vnet2']) }));
  assert.equal(taken.slice(0, 2), ['vnet2', 'guest ben']);
  assert.match(taken[2] ?? '', 'an ingress qdisc of others');
  assert.equal(leftOut(kernelOf(asked, {}, ['vnet2'])), ['vnet2 clsact', 'vnet2 filter 0x76730011']);
});

test('which devices the rules concern', () => {
  const all = [...Object.keys(uplinks), 'ifb-eth0', ...taps, 'eth9', 'br0'];
  assert.equal(
    all.filter((name) => concerns(name, asked)),
    [...Object.keys(uplinks), 'ifb-eth0', ...taps],
  );
  assert.equal(
    all.filter((name) => hasTree(name, asked)),
    [...Object.keys(uplinks), 'ifb-eth0'],
  );
});

test.run();
