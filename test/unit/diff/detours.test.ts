// Where frames of a guest go while its class gets another parent: by a class that is there for a moment, and nowhere else.
// Random ones: fuzz/phases.test.ts.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../src/diff/compare.ts';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { planPhases } from '../../../src/diff/phases.ts';
import { type KernelState, kernelWith, type State, variant } from '../../../src/kernel/objects.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const toml = `[group.web]
id = 0xfffc
ceil = "50mbit"
[guest.ann]
id = 0x10
group = "web"
ceil = "9mbit"
[guest.ben]
id = 0xfffd
group = "web"
[uplink.eth0]
[uplink.eth1]
`;
const uplinks = { eth0: 'br0 1000', eth1: 'br0 1000' };
const wanted = parseRules(
  generateFor(makeWorld(toml, { ann: 'vnet0@br0', ben: 'vnet1@br0' }, uplinks)).rules,
  'rules.d',
);
const link = (id: string) => `${id.split(':')[0]}:ffff`;

/** As wanted, but for these classes (`eth0 class 1:10`), which somebody has put below the link. */
function moved(...keys: string[]): KernelState {
  const objects = new Map(wanted.objects);
  for (const key of keys) {
    const one = objects.get(key);
    assert.ok(one);
    objects.set(key, variant(one, { parent: link(one.id) }));
  }
  const state = { ...wanted, objects };
  return { ...kernelWith(state), loaded: { ruleset: wanted.ruleset } };
}

/** Each step without its options, and of a commit which class ann's frames from eth0 and to it get. */
function steps(from: KernelState, to: State = wanted): string[] {
  return planPhases(compare(from, to), from, to).flatMap((phase) => {
    if (phase.name !== 'commit') {
      return phase.steps.map(
        ({ line }) => `${phase.name}: ${line.replace(/ (?:htb|fq_codel) .*/, '').replace(' parent', '')}`,
      );
    }
    const text = phase.ruleset.replace(/#.*/g, '');
    const ids = ['out-10', 'in-10'].map(
      (chain) => text.match(new RegExp(`chain ${chain} \\{[^}]*priority set (\\S+)`))?.[1],
    );
    return [`commit: ${ids.join(' ')}`];
  });
}

test('one class of one tree alone: every tree that has its id has the detour, too', () => {
  assert.equal(steps(moved('eth0 class 1:10')), [
    'stage: class add dev eth0 1:ffff classid 1:fffb',
    'stage: qdisc add dev eth0 1:fffb handle fffb:',
    'stage: class add dev eth1 1:ffff classid 1:fffb',
    'stage: qdisc add dev eth1 1:fffb handle fffb:',
    'commit: 1:fffb 2:10',
    'move: class del dev eth0 classid 1:10',
    'move: class add dev eth0 1:fffc classid 1:10',
    'move: qdisc add dev eth0 1:10 handle 10:',
    'commit: 1:10 2:10',
    'retire: class del dev eth0 classid 1:fffb',
    'retire: class del dev eth1 classid 1:fffb',
  ]);
});

test('several take one each, which neither a class nor a queue has', () => {
  const all = steps(moved('eth0 class 1:10', 'ifb-eth0 class 2:10'));
  assert.equal(
    all.filter((step) => step.startsWith('commit')),
    ['commit: 1:fffb 2:fffa', 'commit: 1:10 2:10'],
  );
  const made = all.filter((step) => step.startsWith('stage: class add'));
  assert.equal(made.map((step) => step.split(' ').slice(4).join(' ')).sort(), [
    'eth0 1:ffff classid 1:fffb',
    'eth1 1:ffff classid 1:fffb',
    'ifb-eth0 2:ffff classid 2:fffa',
    'ifb-eth1 2:ffff classid 2:fffa',
  ]);
});

test('nor one that a queue of another number has now', () => {
  const from = moved('eth0 class 1:10');
  const queue = from.objects.get('ifb-eth1 leaf 2:10');
  assert.ok(queue);
  from.objects.set(queue.key, variant(queue, { values: { ...queue.values, handle: 'fffb:' } }));
  assert.ok(steps(from).includes('stage: class add dev eth0 1:ffff classid 1:fffa'));
});

test('nothing moves, nothing is led around', () => {
  assert.equal(steps(moved()), []);
});

test('a detour has the new limit of the guest, and its queue', () => {
  const from = moved('eth0 class 1:10');
  const [first, second] = planPhases(compare(from, wanted), from, wanted).flatMap((phase) =>
    phase.name === 'stage' ? phase.steps.map(({ line }) => line) : [],
  );
  assert.match(first ?? '', / classid 1:fffb htb rate \w+ ceil 9mbit /);
  assert.match(second ?? '', / handle fffb: fq_codel limit /);
});

test('a ruleset in which the class is not found has no detour, and the class moves all the same', () => {
  const ruleset = wanted.ruleset.replaceAll('meta priority set 1:10', 'meta priority set 0x00010010');
  const from = { ...moved('eth0 class 1:10'), ruleset, loaded: { ruleset } };
  assert.equal(steps(from, { ...wanted, ruleset }), [
    'move: class del dev eth0 classid 1:10',
    'move: class add dev eth0 1:fffc classid 1:10',
    'move: qdisc add dev eth0 1:10 handle 10:',
  ]);
});

test.run();
