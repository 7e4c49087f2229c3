// After which refusals of the kernel a load is tried again, and without what: never for ever.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyState, makeObject } from '../../../src/kernel/objects.ts';
import { Retries } from '../../../src/load/retries.ts';

const taps = Array.from({ length: 20 }, (_none, at) => `vnet${at}`);
const wanted = emptyState();
for (const one of [
  ...['eth0', 'eth1'].map((device) => makeObject('root', device, '1:', {})),
  ...taps.map((device) => makeObject('clsact', device, 'clsact', {})),
])
  wanted.objects.set(one.key, one);

/** `again` or `fails` after each of these refusals, and what the last try was without. @param words `eth0`, `eth0 KEY` */
function after(...words: string[]): [string[], string[]] {
  const retries = new Retries();
  const ends = words.map((word) => {
    const [device = '', stays] = word.split(' ');
    const refused = { device, reason: 'no', ...(stays === undefined ? {} : { stays }) };
    return retries.accept(refused, wanted) ? 'again' : 'fails';
  });
  return [ends, retries.refusals.map(({ device, stays }) => [device, stays].filter(Boolean).join(' '))];
}
const times = (count: number, end = 'again') => Array.from({ length: count }, () => end);

test('without a tap at once, without a tree only when a second look has named nothing in its way', () => {
  assert.equal(after('vnet0'), [['again'], ['vnet0']]);
  assert.equal(after('eth0'), [['again'], []]);
  assert.equal(after('eth0', 'eth0'), [times(2), ['eth0']]);
  assert.equal(after('eth0', 'eth1', 'vnet0', 'eth1'), [times(4), ['vnet0', 'eth1']]);
});

test('what was left out already, or is of no rule, ends it', () => {
  assert.equal(after('vnet0', 'vnet0'), [['again', 'fails'], ['vnet0']]);
  assert.equal(after('vnet0', 'vnet1', 'vnet0'), [
    ['again', 'again', 'fails'],
    ['vnet0', 'vnet1'],
  ]);
  assert.equal(after('eth0', 'eth0', 'eth0'), [['again', 'again', 'fails'], ['eth0']]);
  assert.equal(after('eth9'), [['fails'], []]);
});

test('of what could not be deleted each counts by itself', () => {
  assert.equal(after('eth0', 'eth0 a', 'eth0 b', 'eth0'), [times(4), ['eth0 a', 'eth0 b', 'eth0']]);
  assert.equal(after('eth0', 'eth0 a', 'eth0 a'), [[...times(2), 'fails'], ['eth0 a']]);
});

test('eight have causes of their own, more have one in common', () => {
  assert.equal(after(...taps.slice(0, 9)), [[...times(8), 'fails'], taps.slice(0, 8)]);
});

test('a refusal keeps its words', () => {
  const retries = new Retries();
  retries.accept({ device: 'vnet0', reason: 'shape.tc:7:1: no' }, wanted);
  assert.equal(retries.refusals, [{ device: 'vnet0', message: 'shape.tc:7:1: no' }]);
});

test.run();
