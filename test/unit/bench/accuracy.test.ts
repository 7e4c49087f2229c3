// What the benchmark leaves to tc is really left out: else virt-shaper would be compared with itself.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Left, leaveToTc } from '../../bench/accuracy/world.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const world = makeWorld('[guest.cliff]\nrate = "15mbit"\nceil = "30mbit"\n', { cliff: 'vnet0@br0' });
const shape = generateFor(world).rules['shape.tc'];
const words = (text: string) => text.replace(/#.*/g, '').split(/\s+/);

/** Words of the one that the other has not, each once. */
function lost(from: string, to: string): string[] {
  const rest = words(to);
  return [...new Set(words(from).filter((word) => !rest.includes(word)))].sort();
}

test('bursts, leaves or quanta are left out, and nothing else', () => {
  const before = words(shape);
  assert.ok(before.includes('burst') && before.includes('quantum') && before.includes('fq_codel'));
  const burst = words(leaveToTc(shape, 'burst'));
  assert.is(burst.includes('burst') || burst.includes('cburst'), false);
  assert.is(
    burst.filter((word) => word === 'class').length,
    before.filter((word) => word === 'class').length,
  );
  assert.is(words(leaveToTc(shape, 'leaf')).includes('fq_codel'), false);
  assert.match(leaveToTc(shape, 'leaf'), / root handle 1: htb /);
  const quanta = [...leaveToTc(shape, 'quantum').matchAll(/^ *class .* quantum (\d+)/gm)];
  assert.equal(new Set(quanta.map(([, quantum]) => quantum)), new Set(['200000']));
  assert.equal(lost(leaveToTc(shape, 'quantum'), shape), []);
});

test('a shape.tc that says it otherwise is not compared with itself', () => {
  for (const left of ['burst', 'leaf', 'quantum'] satisfies Left[]) {
    assert.throws(
      () => leaveToTc('class add dev eth0 parent 1: classid 1:1 htb rate 1mbit\n', left),
      `no ${left}`,
    );
  }
});

test.run();
