// Guests that are shut off, as libvirt's own files below /etc/libvirt have them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { oneByName, readDefined } from '../../../src/init/defined-guests.ts';

const domain = (name: string, interfaces: string) =>
  `<domain type='kvm'><name>${name}</name><devices>${interfaces}</devices></domain>`;

/** @param files from /etc/libvirt on */
function read(files: Record<string, string>, running: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-defined-'));
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return readDefined(folder, running);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('of both drivers, in name order, without those that run', () => {
  const found = read(
    {
      'qemu/rob.xml': domain('rob', ''),
      'qemu/cliff.xml': domain('cliff', ''),
      'qemu/runs.xml': domain('runs', ''),
      'lxc/box.xml': domain('box', ''),
    },
    ['runs'],
  );
  assert.equal(
    found.map(({ name, driver }) => [name, driver]),
    [
      ['cliff', 'qemu'],
      ['rob', 'qemu'],
      ['box', 'lxc'],
    ],
  );
});

test('two of one name have one entry, with the NICs of both, whichever of them runs', () => {
  const nic = (tap: string) => ({ tap, bridge: 'br0' });
  const odd = [{ nic: 'NIC1', reason: 'it crosses no bridge' }];
  assert.equal(oneByName([]), []);
  const all = oneByName([
    { name: 'cliff', driver: 'qemu', nics: [nic('vnet0')] },
    { name: 'rob', driver: 'qemu', nics: [nic('vnet1')], skipped: odd },
    { name: 'cliff', driver: 'lxc', nics: [nic('vnet2')], skipped: odd },
    { name: 'rob', driver: 'lxc', nics: [], skipped: odd },
  ]);
  assert.equal(
    all.map(({ name, nics, skipped = [] }) => [name, nics.map(({ tap }) => tap), skipped.length]),
    [
      ['cliff', ['vnet0', 'vnet2'], 1],
      ['rob', ['vnet1'], 2],
    ],
  );
  assert.not.ok('skipped' in (oneByName([{ name: 'ann', driver: 'qemu', nics: [] }])[0] ?? {}));
});

test('each NIC is on the bridge that is written, or on that of its network', () => {
  const interfaces =
    "<interface type='bridge'><source bridge='br0'/></interface>" +
    "<interface type='network'><source network='default'/></interface>" +
    "<interface type='network'><source network='gone'/></interface>";
  const [cliff] = read({
    'qemu/cliff.xml': domain('cliff', interfaces),
    'qemu/networks/default.xml': "<network><name>default</name><bridge name='virbr0'/></network>",
    'qemu/networks/nat.xml': "<network><bridge name='virbr9'/></network>",
    'qemu/networks/open.xml': '<network><name>gone</name></network>',
  });
  assert.equal(
    cliff?.nics.map(({ tap, bridge }) => [tap, bridge]),
    [
      ['NIC1', 'br0'],
      ['NIC2', 'virbr0'],
    ],
  );
  assert.equal(
    cliff?.skipped?.map(({ nic }) => nic),
    ['NIC3'],
    'a network that is not there',
  );
});

test('what is not shaped keeps its reason, and only that', () => {
  const [none] = read({ 'qemu/cliff.xml': domain('cliff', '') });
  assert.equal([none?.nics, none?.skipped], [[], undefined]);
  const [cliff] = read({ 'qemu/cliff.xml': domain('cliff', "<interface type='user'/>") });
  assert.equal([cliff?.nics.length, cliff?.skipped?.length], [0, 1]);
});

test('what is no domain, has no name, is no XML, or is a copy beside it hides no other', () => {
  const found = read({
    'qemu/a.xml': '<domain',
    'qemu/b.xml': '<pool><name>b</name></pool>',
    'qemu/c.xml': domain('', ''),
    'qemu/d.xml.orig': domain('old', ''),
    'qemu/e.xml': domain('cliff', ''),
  });
  assert.equal(
    found.map(({ name }) => name),
    ['cliff'],
  );
});

test.run();
