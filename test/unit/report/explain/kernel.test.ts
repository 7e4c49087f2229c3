// What the kernel holds for one guest, and what of it is not as asked: its own classes, filters and frames, and nobody
// else's.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../../src/diff/compare.ts';
import { parseRules } from '../../../../src/diff/parse-rules.ts';
import { emptyState, kernelWith, type State } from '../../../../src/kernel/objects.ts';
import { useKey } from '../../../../src/observe/use.ts';
import type { Explanation } from '../../../../src/report/explain/explanation.ts';
import { heldFor } from '../../../../src/report/explain/kernel.ts';
import { kernelLines } from '../../../../src/report/explain/kernel-lines.ts';
import { textOf } from '../../../../src/text/spans.ts';
import { generateFor, makeWorld } from '../../../support/world.ts';

const toml = '[guest.a]\nrate = "1mbit"\nceil = "5mbit"\n[guest.b]\nrate = "1mbit"\n';
const both = generateFor(makeWorld(toml, { a: 'vnet0@br0', b: 'vnet1@br0' }));
const all = parseRules(both.rules, 'rules.d');
const own = both.plan.uplinks[0]?.trees.out.guests.find(({ name }) => name === 'a');
const id = Number.parseInt(own?.id.split(':')[1] ?? '', 16);
const devices = ['eth0', 'ifb-eth0'];

function held(from: State, to: State, more: object = {}) {
  const kernel = kernelWith(from);
  const now = {
    list: compare(kernel, to),
    from: kernel,
    to,
    unreached: [],
    obstacles: [],
    uses: new Map(),
    ...more,
  };
  return heldFor(now as never, { id, taps: ['vnet0'] }, 'guest a', devices);
}

test('all is there: its two classes, its filter, its frames, and nothing differs', () => {
  const { classes, filters, elements, differences, missingElements, surplusElements } = held(all, all);
  assert.equal(classes.map(({ device }) => device).sort(), devices);
  assert.ok(classes.every(({ leaf, use }) => leaf && use === undefined));
  assert.equal(
    filters.map(({ tap, to }) => [tap, to]),
    [['vnet0', 'ifb-eth0']],
  );
  assert.ok(elements.length >= 2, JSON.stringify(elements));
  assert.equal([differences, missingElements, surplusElements], [[], [], []]);
});

test('nothing is there: what would come is its own, and the trees that it is in', () => {
  const { classes, elements, differences, missingElements } = held(emptyState(), all);
  assert.equal([classes, elements], [[], []]);
  assert.equal(missingElements, held(all, all).elements);
  assert.ok(differences.length > 0);
  const about = differences
    .map(({ kind, device, wanted }) => `${kind} ${device} ${wanted?.subject ?? ''}`)
    .join('\n');
  assert.not.match(about, 'guest b');
  assert.not.match(about, 'vnet1');
});

/** A state without some of its objects. */
function without(isGone: (object: { kind: string; device: string; subject?: string }) => boolean): State {
  const objects = new Map([...all.objects].filter(([, object]) => !isGone(object)));
  return { ...all, objects };
}

test('of each kind of object its own is about it, another’s is not', () => {
  const about = (from: State) => held(from, all).differences.map(({ kind, device }) => `${kind} ${device}`);
  assert.equal(about(without(({ subject }) => subject === 'guest b')), []);
  for (const kind of ['class', 'leaf', 'filter']) {
    const found = about(without((one) => one.kind === kind && one.device !== 'vnet1'));
    assert.ok(found.length > 0 && found.every((one) => one.startsWith(kind)), `${kind}: ${found.join()}`);
    assert.ok(found.length <= 2, found.join());
  }
  assert.equal(about(without(({ kind, device }) => kind === 'clsact' && device === 'vnet0')), [
    'clsact vnet0',
  ]);
  assert.equal(about(without(({ kind, device }) => kind === 'clsact' && device === 'vnet1')), []);
});

test('what nothing asks for is said as well', () => {
  const kept = held(all, emptyState());
  assert.equal(kept.surplusElements, held(all, all).elements);
  assert.equal(kept.missingElements, []);
});

test('counters, and what stands in the way of this one', () => {
  const [first] = held(all, all).classes;
  const use = { bytes: 1, packets: 2, dropped: 3, overlimits: 4, backlog: 5, queued: 6 };
  const uses = new Map([[useKey(first?.device ?? '', first?.id ?? ''), { ...use, more: 7 }]]);
  const obstacle = (guest: string) => ({ reason: `because of ${guest}`, guests: [{ guest, tap: 'x' }] });
  const { classes, obstacles } = held(all, all, {
    uses,
    obstacles: [obstacle('a'), obstacle('b')],
    unreached: [
      { tap: 'vnet0', subject: 'guest x', reason: 'r0' },
      { tap: 'vnet7', subject: 'guest a', reason: 'r7' },
      { tap: 'vnet1', subject: 'guest b', reason: 'r1' },
    ],
  });
  assert.equal(classes[0]?.use, use);
  assert.equal(obstacles, [
    'because of a',
    'what it receives by vnet0 is not shaped: r0',
    'what it receives by vnet7 is not shaped: r7',
  ]);
});

test('in lines', () => {
  const text = (...given: Parameters<typeof held>) =>
    kernelLines({ kernel: held(...given), rules: {} } as Explanation).map((line) => textOf(line).trim());
  assert.equal(text(emptyState(), emptyState()), []);
  const lines = text(all, all);
  assert.ok(lines.includes('In the kernel') && !lines.includes('What virt-shaper load would change'));
  assert.ok(
    lines.some((line) => /^class 1:\w+ on eth0 +rate 1mbit, ceil 5mbit, below 1:/.test(line)),
    lines.join('\n'),
  );
  const missing = text(emptyState(), all);
  assert.ok(!missing.includes('In the kernel') && missing.includes('What virt-shaper load would change'));
  assert.ok(missing.some((line) => /^\+ .*vnet0.* to class .* \(it is not there\)$/.test(line)));
  assert.ok(text(all, emptyState()).some((line) => /^- .* to class .* \(nothing asks for it\)$/.test(line)));
});

test.run();
