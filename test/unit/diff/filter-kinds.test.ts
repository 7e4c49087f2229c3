// A tap's filters of another kind, as after a kernel that has cls_fw: the new ones are there before the marks change over, and the
// old ones go after it. The kernel takes one kind for each preference.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../src/diff/compare.ts';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { planPhases } from '../../../src/diff/phases.ts';
import { kernelWith, makeObject, type State } from '../../../src/kernel/objects.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const world = makeWorld('[guest.cliff]\nid = 0x10\n[guest.rob]\nid = 0x11\n', {
  cliff: 'vnet0@br0',
  rob: 'vnet1@br0',
});
const stateOf = (redirect: 'fw' | 'bpf', of = world) => {
  const host = { ...of.host, kernel: { ...of.host.kernel, redirect } };
  return parseRules(generateFor({ ...of, host }).rules, 'rules.d');
};
const taps = ['vnet0', 'vnet1'];

/** `stage: filter add dev vnet0 ... pref 30323 ... fw`, without the rest of each line. */
function filterSteps(from: State, to: State): string[] {
  const kernel = kernelWith(from);
  return planPhases(compare(kernel, to), kernel, to).flatMap((phase) => {
    if (phase.name === 'commit') return [];
    return phase.steps
      .filter(({ line }) => line.startsWith('filter'))
      .map(
        ({ line }) =>
          `${phase.name}: ${line.replace(/ egress| protocol all| handle \S+| bytecode .*| action .*/g, '')}`,
      );
  });
}

test('the new one is there before the old one goes, and takes its place after', () => {
  const steps = filterSteps(stateOf('bpf'), stateOf('fw'));
  for (const tap of taps) {
    assert.equal(
      steps.filter((step) => step.includes(` ${tap} `)),
      [
        `stage: filter add dev ${tap} pref 30324 fw`,
        `retire: filter del dev ${tap} pref 30323`,
        `retire: filter add dev ${tap} pref 30323 fw`,
        `retire: filter del dev ${tap} pref 30324`,
      ],
    );
  }
});

test('a tap whose filter is of that kind already is left alone', () => {
  const [from, to] = [stateOf('bpf'), stateOf('fw')];
  for (const [key, object] of to.objects) if (object.device === 'vnet1') from.objects.set(key, object);
  assert.not.ok(filterSteps(from, to).some((step) => step.includes(' vnet1 ')));
  assert.ok(filterSteps(from, to).some((step) => step.includes(' vnet0 ')));
});

test('what a killed change has left there goes first', () => {
  const from = stateOf('bpf');
  const left = makeObject('detour', 'vnet0', '', { to: 'ifb-eth0' });
  from.objects.set(left.key, left);
  const steps = filterSteps(from, stateOf('fw')).filter((step) => step.includes(' vnet0 '));
  assert.is(steps[0], 'stage: filter del dev vnet0 pref 30324');
  assert.is(steps[1], 'stage: filter add dev vnet0 pref 30324 fw');
});

test('a tap between two uplinks has a filter for each, and each place is emptied once', () => {
  const toml = '[guest.cliff]\nid = 0x10\n[uplink.eth0]\n[uplink.eth1]\n';
  const both = makeWorld(toml, { cliff: 'vnet0@br0' }, { eth0: 'br0 1000', eth1: 'br0 1000' });
  assert.equal(filterSteps(stateOf('bpf', both), stateOf('fw', both)), [
    'stage: filter add dev vnet0 pref 30324 fw',
    'stage: filter add dev vnet0 pref 30324 fw',
    'retire: filter del dev vnet0 pref 30323',
    'retire: filter add dev vnet0 pref 30323 fw',
    'retire: filter add dev vnet0 pref 30323 fw',
    'retire: filter del dev vnet0 pref 30324',
  ]);
});

test.run();
