// What a link's speed is where the kernel does not know it: the last one it had, and no other guest's share moves.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Device } from '../../../src/host/host.ts';
import { everyday } from '../../../src/policy/moment/moment.ts';
import { resolvePolicy } from '../../../src/policy/resolve-policy.ts';
import { rememberSpeeds, withKnownSpeeds } from '../../../src/store/speeds.ts';
import { readToml } from '../../support/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-speeds-'));
const file = join(folder, 'speeds.json');
test.before.each(() => rmSync(file, { force: true }));
test.after(() => rmSync(folder, { recursive: true }));

const host = (speed?: number): Map<string, Device> =>
  new Map([
    ['br0', { tap: false }],
    ['eth0', { tap: false, physical: true, master: 'br0', ...(speed ? { speed } : {}) }],
    ['vnet0', { tap: true, master: 'br0' }],
  ]);

function linkOf(devices: Map<string, Device>) {
  const guests = [{ name: 'cliff', driver: 'qemu' as const, nics: [{ tap: 'vnet0', bridge: 'br0' }] }];
  const config = readToml('[guest.cliff]\nrate = "1mbit"\nceil = "10gbit"\n');
  const { uplinks, warnings } = resolvePolicy(
    config,
    guests,
    { devices, kernel: { leaf: 'bfifo', redirect: 'fw' } },
    everyday,
  );
  return { link: uplinks[0]?.link.out, from: uplinks[0]?.linkOrigin.out.from, warned: warnings.length > 0 };
}

test('a link without carrier keeps the speed it had', () => {
  assert.equal(linkOf(withKnownSpeeds(file, host())), { link: 10e9, from: 'assumed', warned: true });
  rememberSpeeds(file, host(2.5e9), ['eth0']);
  assert.equal(linkOf(withKnownSpeeds(file, host())), { link: 2.5e9, from: 'remembered', warned: false });
  rememberSpeeds(file, withKnownSpeeds(file, host()), ['eth0']);
  assert.equal(linkOf(withKnownSpeeds(file, host(1e9))), { link: 1e9, from: 'kernel', warned: false });
});

test('a damaged file knows nothing, and is written anew', () => {
  for (const text of [
    '',
    '\0\0',
    '{"version":1,"speeds":{"eth0":"x"}}',
    '{"version":1,"speeds":{"eth0":0}}',
    '{"version":1,"speeds":[]}',
    '{"version":9}',
  ]) {
    writeFileSync(file, text);
    assert.is(linkOf(withKnownSpeeds(file, host())).from, 'assumed', text);
    rememberSpeeds(file, host(1e9), ['eth0']);
    assert.equal(JSON.parse(readFileSync(file, 'utf8')), { version: 1, speeds: { eth0: 1e9 } });
  }
});

test.run();
