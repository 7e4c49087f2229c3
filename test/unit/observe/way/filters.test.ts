// At which ends of a guest's way filters and programs of others are looked for, and what is said of them there.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TcAction, TcFilter } from '../../../../src/kernel/tc/filter-json.ts';
import type { Facts } from '../../../../src/observe/facts.ts';
import { filterFaults, programFaults } from '../../../../src/observe/way/filters.ts';
import type { Way } from '../../../../src/observe/way/passage.ts';
import { healthy } from '../../../support/facts.ts';

const mark = 0x76730010;
/** By a VLAN on the uplink. */
const port = { name: 'eth0.5', bridge: 'br0' };
const out: Way = { direction: 'out', tap: 'vnet0', port, device: 'eth0', mark, class: '1:10' };
const into: Way = { ...out, direction: 'in', device: 'ifb-eth0', class: '2:10' };

const then = (type: string) => ({ control_action: { type } });
const steals: TcAction = { kind: 'mirred', mirred_action: 'redirect', to_dev: 'ids0', ...then('stolen') };
const mirrors: TcAction = { kind: 'mirred', mirred_action: 'mirror', to_dev: 'ids0', ...then('pipe') };
const marks: TcAction = { kind: 'skbedit', mark: 5, ...then('pipe') };
const sorts: TcAction = { kind: 'skbedit', priority: '1:1', ...then('pipe') };
const decides: TcAction = { kind: 'bpf', ...then('pipe') };

const filter = (pref: number, action: TcAction): TcFilter => {
  return {
    pref,
    kind: 'flower',
    protocol: 'all',
    chain: 0,
    options: { keys: { eth_type: 'ip' }, actions: [action] },
  };
};

const places = ['vnet0', 'eth0.5', 'eth0', 'ifb-eth0'].flatMap((name) => [
  `${name} ingress`,
  `${name} egress`,
]);

function facts(hooks: Record<string, TcFilter[]>): Facts {
  const all = healthy(new Map([['vnet0', mark]]));
  for (const [hook, filters] of Object.entries(hooks)) {
    all.filters.set(hook, filters);
    all.clsacts.add(hook.split(' ')[0] ?? '');
  }
  return all;
}

/** The hooks at which a filter that does this is a fault of the way. */
function seenAt(way: Way, action: TcAction): string[] {
  return places.filter((place) => filterFaults(way, facts({ [place]: [filter(7, action)] })).length > 0);
}

test('a filter counts where it can still take a frame, or its class, from us', () => {
  const [ends, sent, received] = [
    { kind: 'gact', ...then('pass') },
    ['eth0.5 egress', 'eth0 egress'],
    ['vnet0 egress', 'ifb-eth0 egress'],
  ];
  assert.equal(seenAt(out, steals), ['vnet0 ingress', ...sent]);
  assert.equal(seenAt(out, sorts), sent);
  assert.equal(seenAt(out, decides), sent);
  assert.equal(seenAt(out, marks), []);
  assert.equal(seenAt(out, ends), []);
  assert.equal(seenAt(into, steals), ['vnet0 egress', 'eth0.5 ingress', 'ifb-eth0 egress']);
  assert.equal(seenAt(into, sorts), received);
  assert.equal(seenAt(into, decides), received);
  assert.equal(seenAt(into, marks), ['vnet0 egress']);
  assert.equal(seenAt(into, ends), ['vnet0 egress']);
});

test('filters that tc lists of a hook which is not there are none', () => {
  const at = (hook: string, kind?: 'clsacts' | 'occupied') => {
    const all = facts({ [hook]: [filter(7, steals)] });
    const device = hook.split(' ')[0] ?? '';
    all.clsacts.delete(device);
    if (kind) all[kind].add(device);
    return filterFaults(hook.startsWith('eth0.5 in') ? into : out, all).length;
  };
  assert.equal(
    [at('vnet0 ingress'), at('vnet0 ingress', 'clsacts'), at('vnet0 ingress', 'occupied')],
    [0, 1, 1],
  );
  assert.equal([at('eth0 egress'), at('eth0 egress', 'clsacts'), at('eth0 egress', 'occupied')], [0, 1, 0]);
  assert.equal([at('eth0.5 ingress'), at('eth0.5 ingress', 'occupied')], [0, 1]);
});

test('of each hook the first that counts is told, and a device that is port and uplink is looked at once', () => {
  const two = [filter(8, steals), filter(7, steals)];
  const reasons = (way: Way, hooks: Record<string, TcFilter[]>) =>
    filterFaults(way, facts(hooks)).map(({ reason }) => reason.match(/^a filter of others on (.*) \(/)?.[1]);
  assert.equal(reasons(out, { 'vnet0 ingress': two, 'eth0 egress': two, 'eth0.5 egress': two }), [
    'vnet0 ingress, pref 7',
    'eth0.5 egress, pref 7',
    'eth0 egress, pref 7',
  ]);
  const itself = { ...out, port: { name: 'eth0', bridge: 'br0' } };
  assert.equal(reasons(itself, { 'eth0 egress': two }), ['eth0 egress, pref 7']);
  assert.equal(reasons(out, { 'eth0 egress': [filter(7, marks), filter(8, sorts)] }), [
    'eth0 egress, pref 8',
  ]);
});

test('what is said of a filter: where it is, what it does to which frames, and how to live with it', () => {
  const said = (way: Way, hook: string, action: TcAction) => {
    const [one, ...more] = filterFaults(way, facts({ [hook]: [filter(7, action)] }));
    assert.equal([more.length, one?.direction, one?.tap], [0, way.direction, 'vnet0']);
    return [one?.kind, one?.reason.replace(/^.*\), |^.*\) /, ''), one?.remedy];
  };
  const remove = (where: string) => `if nobody needs it: tc filter del dev ${where} pref 7`;
  const letOn = `let it go on to ours with "continue" after what it does, or ${remove('vnet0 egress')}`;
  for (const [way, hook, action, expected] of [
    [
      out,
      'vnet0 ingress',
      steals,
      ['filter', 'takes what it sends away from its class', remove('vnet0 ingress')],
    ],
    [out, 'eth0 egress', sorts, ['filter', 'takes what it sends away from its class', remove('eth0 egress')]],
    [
      out,
      'eth0 egress',
      decides,
      ['program', 'decides about what it sends, and nobody can tell how', remove('eth0 egress')],
    ],
    [
      into,
      'eth0.5 ingress',
      steals,
      ['filter', 'takes what it receives away from its class', remove('eth0.5 ingress')],
    ],
    [
      into,
      'ifb-eth0 egress',
      steals,
      ['filter', 'takes what it receives away from its class', remove('ifb-eth0 egress')],
    ],
    [
      into,
      'vnet0 egress',
      steals,
      ['filter', 'takes what it receives before ours does', remove('vnet0 egress')],
    ],
    [into, 'vnet0 egress', mirrors, ['filter', 'takes what it receives before ours does', letOn]],
    [
      into,
      'vnet0 egress',
      decides,
      ['program', 'decides about what it receives, and nobody can tell how', remove('vnet0 egress')],
    ],
  ] as const)
    assert.equal(said(way, hook, action), expected, hook);
  const both = { ...facts({}), filters: new Map([['vnet0 ingress', [mirroring()]]]) };
  const [one] = filterFaults(out, both);
  assert.is(one?.remedy, remove('vnet0 ingress'), 'ours is not behind it here');
});

/** Copies to one device and leads to another. */
function mirroring(): TcFilter {
  return { ...filter(7, mirrors), options: { actions: [mirrors, steals] } };
}

test('a program at an egress of the way decides, one of XDP where frames come in sees them first', () => {
  const by = (way: Way, device: string, where: string) =>
    programFaults(way, { ...facts({}), programs: [{ device, where, name: 'theirs' }] });
  const kinds = (way: Way, where: string) =>
    ['vnet0', 'eth0.5', 'eth0', 'ifb-eth0', 'eth9'].filter((device) => by(way, device, where).length > 0);
  for (const where of ['tcx_egress', 'netkit_primary', 'netkit_peer']) {
    assert.equal(kinds(out, where), ['eth0.5', 'eth0'], where);
    assert.equal(kinds(into, where), ['vnet0', 'ifb-eth0'], where);
  }
  assert.equal([...kinds(out, 'tcx_ingress'), ...kinds(into, 'tcx_ingress')], []);
  for (const where of ['xdp', 'xdpgeneric', 'xdpoffload']) {
    assert.equal(kinds(out, where), ['vnet0'], where);
    assert.equal(kinds(into, where), ['eth0.5'], where);
  }
  assert.equal(by(into, 'vnet0', 'tcx_egress'), [
    {
      kind: 'program',
      direction: 'in',
      tap: 'vnet0',
      reason: 'the BPF program theirs at the egress of vnet0 decides before tc does, and nobody can tell how',
      remedy: 'if nobody needs it: bpftool net detach tcx_egress dev vnet0',
    },
  ]);
  assert.equal(by(out, 'vnet0', 'xdpgeneric'), [
    {
      kind: 'xdp',
      direction: 'out',
      tap: 'vnet0',
      reason:
        'the XDP program theirs on vnet0 sees what it sends first: what that sends elsewhere meets no class',
      remedy: 'if nobody needs it: ip link set dev vnet0 xdpgeneric off',
    },
  ]);
  const programs = ['xdp', 'tcx_egress', 'tcx_egress'].map((where, at) => {
    return { device: where === 'xdp' ? 'vnet0' : 'eth0', where, name: `p${at}` };
  });
  assert.equal(
    programFaults(out, { ...facts({}), programs }).map(({ reason }) => reason.match(/p\d/)?.[0]),
    ['p1', 'p0'],
    'of those that decide, the first',
  );
});

test.run();
