// What of others doctor finds where ours goes: each thing by itself, whose it is, and nothing on taps that are not shaped.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkInTheWay, type Obstacles } from '../../../src/doctor/in-the-way.ts';
import type { Guest } from '../../../src/guests/guest.ts';
import { emptyState, kernelWith } from '../../../src/kernel/objects.ts';

const guest = (name: string, tap: string, bandwidth?: true): Guest => ({
  name,
  driver: 'qemu',
  nics: [{ tap, bridge: 'br0', ...(bandwidth ? { bandwidth } : {}) }],
});
const { loaded: _, ...rest } = kernelWith(emptyState());
const clean: Obstacles = rest;
const cliff = guest('cliff', 'vnet0');
const shaped = new Set(['vnet0', 'vnet1']);

function found(change: Partial<Obstacles>, guests = [cliff], uplinks = ['eth0']): string[] {
  return checkInTheWay({ ...clean, ...change }, uplinks, guests, shaped).map(
    ({ level, check, subject }) => `${level} ${check} ${subject}`,
  );
}
const detail = (change: Partial<Obstacles>, guests = [cliff], uplinks = ['eth0']) =>
  checkInTheWay({ ...clean, ...change }, uplinks, guests, shaped)[0]?.detail;

test('nothing in the way is said with the places that were looked at', () => {
  assert.equal(found({}), ['ok in-the-way in the way']);
  assert.is(detail({}), 'nothing of others on eth0, vnet0');
  assert.is(detail({}, [], []), 'nothing of others');
  const many = Array.from({ length: 5 }, (_, index) => guest(`g${index}`, `vnet${index % 2}`));
  assert.is(detail({}, many), 'nothing of others on eth0, 5 taps');
  assert.is(detail({}, many.slice(0, 4)), 'nothing of others on eth0, vnet0, vnet1, vnet0, vnet1');
});

test("libvirt's own limits are a second master, of taps that we shape", () => {
  assert.equal(found({}, [guest('cliff', 'vnet0', true)]), ['warning tap.bandwidth vnet0']);
  assert.equal(found({}, [guest('cliff', 'vnet9', true)]), ['ok in-the-way in the way']);
  assert.equal(found({ foreignRoots: new Map([['vnet0', 'htb 1:']]) }), ['warning tap.root vnet0']);
  assert.equal(found({ foreignRoots: new Map([['vnet9', 'htb 1:']]) }), ['ok in-the-way in the way']);
  assert.equal(found({ occupiedTaps: new Set(['vnet0']) }), ['problem tap.ingress vnet0']);
});

test("on the uplink: another's root, a device of our ifb's name", () => {
  assert.equal(found({ foreignRoots: new Map([['eth0', 'pfifo 7:']]) }), ['problem root-qdisc eth0']);
  assert.equal(found({ present: new Set(['ifb-eth0']) }), ['problem ifb ifb-eth0']);
  const own = { name: 'ifb-eth0', alias: 'virt-shaper:eth0', up: true };
  const ours = { present: new Set(['ifb-eth0']), devices: new Map([['ifb-eth0', own]]) };
  assert.equal(found(ours), ['ok in-the-way in the way']);
});

test('a table of our name that is not ours', () => {
  const table = (map: string) =>
    `table bridge virt-shaper {\n\tmap ${map} {\n\t\ttype mark : verdict\n\t}\n}\n`;
  const theirs = { hasTable: true, ruleset: table('theirs') };
  assert.equal(found(theirs), ['problem table nftables']);
  assert.equal(found({ ...theirs, hasTable: false }), ['ok in-the-way in the way']);
  assert.equal(found({ ...theirs, loaded: { ruleset: '' } }), ['ok in-the-way in the way']);
  assert.equal(found({ ...theirs, ruleset: table('guests') }), ['ok in-the-way in the way']);
});

test('a name that is no word for a shell is not put into a command', () => {
  const hint = (name: string) =>
    checkInTheWay(clean, [], [guest(name, 'vnet0', true)], shaped)[0]?.hint ?? '';
  assert.match(hint('web-1'), 'virsh domiftune web-1 vnet0');
  for (const name of ['a b', '-x', "a'b"]) assert.match(hint(name), 'virsh domiftune GUEST vnet0', name);
});

test.run();
