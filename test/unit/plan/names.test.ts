// The plan's names and handles: what the kernel bounds to 15 characters or has one of already.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chainName, classId, ifbName, markOf } from '../../../src/plan/names.ts';
import { generateFor, makeWorld } from '../../support/world.ts';
import { readShape } from '../../trace/tc.ts';

test('an ifb is called after its uplink', () => {
  assert.is(ifbName('eth0'), 'ifb-eth0');
  assert.is(ifbName('enp129s0f0n'), 'ifb-enp129s0f0n');
});

test('names of ifbs have at most 15 characters, and no two of 4,094 VLANs share one', () => {
  const vlans = Array.from({ length: 4094 }, (_, index) => `enp129s0f0.${index + 1}`);
  const names = vlans.map(ifbName);
  assert.is(new Set(names).size, vlans.length);
  assert.ok(names.every((name) => name.length <= 15));
});

test('class ids are hexadecimal, 1: sending and 2: receiving', () => {
  assert.is(classId('out', 0x333), '1:333');
  assert.is(classId('in', 10), '2:a');
});

test('a mark has 32 bits, with the highest base and a second way too', () => {
  assert.is(markOf(0x76730000, 0x10), 0x76730010);
  assert.is(markOf(0x76730000, 0x10, 1), 0x76740010);
  assert.is(markOf(0xffff0000, 0xffff), 0xffffffff);
  assert.throws(
    () => markOf(0xffff0000, 0x1000, 1),
    /^\[marks\] base = 0xffff0000 leaves no marks for uplink number 2 /,
  );
  assert.equal([chainName('out', 0x10), chainName('in', 0x10, 1)], ['out-10', 'in-10-2']);
});

const handles = (toml: string, guests: Record<string, string>) => {
  const { htb } = readShape(generateFor(makeWorld(toml, guests)).rules['shape.tc']).get('eth0') ?? {};
  return Object.fromEntries([...(htb?.classes ?? [])].map(([id, { leaf }]) => [id, leaf]));
};

test("a leaf's handle is its class's minor", () => {
  assert.equal(handles('[guest.cliff]\nid = 0x10\n', { cliff: 'vnet0@br0' }), {
    '1:ffff': undefined,
    '1:fffe': 'fffe',
    '1:10': '10',
  });
});

test('but for 1:, 2: and ffff:, which a device has already', () => {
  const toml = '[guest.a]\nid = 1\n[guest.b]\nid = 2\n[guest.c]\nid = 0xffff\n';
  const found = handles(toml, { a: 'vnet0@br0', b: 'vnet1@br0', c: 'vnet2@br0' });
  assert.equal(found, {
    '1:fffe': undefined,
    '1:fffd': 'fffd',
    '1:1': 'fffe',
    '1:2': 'fffc',
    '1:ffff': 'fffb',
  });
});

test('where another class has the handle that stands in, the next one does', () => {
  const toml = '[guest.a]\nid = 1\n[guest.b]\nid = 0xfffe\n';
  const found = handles(toml, { a: 'vnet0@br0', b: 'vnet1@br0' });
  assert.is(found['1:fffe'], 'fffe');
  assert.not(['1', 'fffe', 'ffff'].includes(found['1:1'] ?? ''));
});

test.run();
