// Who runs, as calls tell of it one by one: a start takes taps from whoever had them, an end is that of the right guest.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { uuidOf } from '../../../src/guests/domain-xml.ts';
import type { Guest } from '../../../src/guests/guest.ts';
import { GuestIndex, isSame, withGuest, withoutEnded, withoutGuest } from '../../../src/guests/list.ts';

const guest = (name: string, taps: string[], more: Partial<Guest> = {}): Guest => ({
  name,
  driver: 'qemu',
  nics: taps.map((tap) => ({ tap, bridge: 'br0' })),
  ...more,
});
const shown = (guests: Guest[]) => guests.map(({ name, nics }) => [name, ...nics.map(({ tap }) => tap)]);

const [a, b] = [guest('a', ['vnet0'], { uuid: 'u-a' }), guest('b', ['vnet1', 'vnet2'], { uuid: 'u-b' })];

test('a start: last in the list, or in the place that it had', () => {
  assert.equal(shown(withGuest([a, b], guest('c', ['vnet3']))), [
    ['a', 'vnet0'],
    ['b', 'vnet1', 'vnet2'],
    ['c', 'vnet3'],
  ]);
  assert.equal(shown(withGuest([a, b], guest('a', ['vnet4']))), [
    ['a', 'vnet4'],
    ['b', 'vnet1', 'vnet2'],
  ]);
  assert.equal(shown(withGuest([a, b, guest('c', ['vnet5'])], guest('c', ['vnet6']))), [
    ['a', 'vnet0'],
    ['b', 'vnet1', 'vnet2'],
    ['c', 'vnet6'],
  ]);
  assert.equal(shown(withGuest([a, b], guest('c', ['vnet1']))), [
    ['a', 'vnet0'],
    ['b', 'vnet2'],
    ['c', 'vnet1'],
  ]);
  assert.is(withGuest([a, b], guest('c', ['vnet9']))[0], a, 'who has lost nothing is as before');
});

test('one of another driver is another guest', () => {
  const other = guest('a', ['veth0'], { driver: 'lxc' });
  assert.not(isSame(a, other));
  assert.equal(shown(withGuest([a], other)).length, 2);
  assert.equal(withoutGuest([a, other], a), [other]);
  const known = new GuestIndex([a]);
  assert.equal([known.has(other), known.has(a), known.get(other), known.get(a)], [false, true, undefined, a]);
});

test('an end by name, whatever its uuid and taps', () => {
  const yes = () => true;
  assert.equal(withoutEnded([a, b], { name: 'a', driver: 'qemu' }, yes), [b]);
  assert.equal(withoutEnded([a, b], { name: 'a', driver: 'qemu', uuid: 'u-b' }, yes), [b]);
});

test('one that was renamed ends by its uuid, once its taps are gone', () => {
  const ended = { name: 'renamed', driver: 'qemu', uuid: 'u-b' } as const;
  const there =
    (...taps: string[]) =>
    (name: string) =>
      taps.includes(name);
  assert.equal(withoutEnded([a, b], ended, there('vnet0')), [a]);
  assert.equal(withoutEnded([a, b], ended, there('vnet2')), [a, b], 'one of them is still there');
  assert.equal(withoutEnded([a, b], { ...ended, driver: 'lxc' }, there()), [a, b]);
  assert.equal(withoutEnded([a, b], { name: 'renamed', driver: 'qemu' }, there()), [a, b]);
  const [own, none] = [guest('n', []), { name: 'x', driver: 'qemu' } as const];
  assert.equal(withoutEnded([own], none, there()), [own], 'two without a uuid are not the same');
});

test('the uuid of an XML; none where it is none', () => {
  assert.is(uuidOf('<domain><name>a</name><uuid> 1-2 </uuid></domain>'), '1-2');
  for (const text of ['', '<', '<domain/>', '<network><uuid>1</uuid></network>', 'x'])
    assert.is(uuidOf(text), undefined, text);
});

test.run();
