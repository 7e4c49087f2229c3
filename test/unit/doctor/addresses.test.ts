// Addresses that two share, addresses taken from somebody else, guests that may forge one: each told of the right one.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Config } from '../../../src/config/config.ts';
import { checkAddresses } from '../../../src/doctor/addresses.ts';
import { attempt, had, unread, worst } from '../../../src/doctor/finding.ts';
import { checkForgers } from '../../../src/doctor/forgers.ts';
import { checkWayOut } from '../../../src/doctor/way-out.ts';
import type { Guest } from '../../../src/guests/guest.ts';
import type { Device } from '../../../src/host/host.ts';
import { Failure } from '../../../src/system/errors.ts';
import { line, named } from '../../support/findings.ts';
import { makeWorld, readToml } from '../../support/world.ts';

const one = '52:54:00:00:00:01';
const host = new Map([['52:54:00:00:00:aa', 'br0']]);

function told(guests: Record<string, string>, config?: Config): string[] {
  const { guests: running } = makeWorld('', guests);
  return checkAddresses({ running, ...(config ? { config } : {}), hostAddresses: host }).map(line);
}

test('two guests with one address in one bridge; in two bridges, or twice of one guest, it is nobody’s harm', () => {
  const same = [`warning a: has the address ${one} in br0, as b has: each gets what is sent to the other`];
  assert.equal(told({ a: `vnet0@br0/${one}`, b: `vnet1@br0/${one}` }), same);
  assert.equal(told({ a: `vnet0@br0/${one.toUpperCase()}`, b: `vnet1@br0/${one}` }).length, 1);
  assert.equal(told({ a: `vnet0@br0/${one}`, b: `vnet1@br1/${one}` }), []);
  assert.equal(told({ a: `vnet0@br0/${one} vnet1@br0/${one}` }), []);
  assert.equal(told({ a: 'vnet0@br0', b: 'vnet1@br0' }), [], 'none is known of either');
  // The third shares it with the second, though not with the first.
  assert.match(
    told({ a: `vnet0@br1/${one}`, b: `vnet1@br0/${one}`, c: `vnet2@br0/${one}` })[0] ?? '',
    /b: .*as c has/,
  );
});

test('an address that is written for a guest and is another’s', () => {
  const config = (macs: string) => readToml(`[guest.a]\nmacs = ${macs}\n[guest.b]\n`);
  const guests = { a: 'vnet0@br0/52:54:00:00:00:02', b: `vnet1@br0/${one}` };
  const taken = (whose: string, mac: string) =>
    `warning a: its macs have ${mac}, which is the address of ${whose}: what is sent to that one and reaches it counts as its own`;
  assert.equal(told(guests, config(`["${one}"]`)), [taken('b', one)]);
  assert.equal(told(guests, config('["52:54:00:00:00:aa"]')), [taken('br0', '52:54:00:00:00:aa')]);
  assert.equal(told(guests, config('["52:54:00:00:00:02"]')), [], 'its own');
  assert.equal(told(guests, config('["52:54:00:00:00:03"]')), [], 'nobody’s');
  assert.equal(told(guests, config('"any"')), []);
});

test('who may forge is named, unless what he sends inside the host is limited', () => {
  const running: Guest[] = ['a', 'b'].map((name) => ({
    name,
    driver: 'qemu',
    nics: [{ tap: 'vnet0', bridge: 'br0' }],
  }));
  const forgers = (toml?: string) =>
    checkForgers({ running, ...(toml === undefined ? {} : { config: readToml(toml) }) });
  assert.equal(forgers(), [], 'without a configuration nobody knows');
  const both = named(forgers('[guest.a]\n[guest.b]\n'), 'guest.forge');
  assert.is(both.level, 'ok');
  assert.match(both.detail, /\ba\b.*\bb\b/);
  const [rest] = forgers('[guest.a]\nlocal = "5mbit"\n[guest.b]\n');
  assert.not.match(rest?.detail ?? '', /\ba\b(?! guest)/);
  const grouped =
    '[group.g]\nceil = "9mbit"\nlocal = "5mbit"\n[guest.a]\ngroup = "g"\n[guest.b]\ngroup = "g"\n';
  assert.equal(forgers(grouped), []);
});

test('a routed bridge whose uplink is not where the host sends', () => {
  const devices = new Map<string, Device>([
    ['br0', { tap: false }],
    ['eth0', { tap: false, master: 'br0' }],
    ['eth1', { tap: false }],
    ['vlan', { tap: false, lower: ['eth1'] } as Device],
    ['br1', { tap: false }],
  ]);
  const uplink = (name: string, ...bridges: string[]) =>
    ({ name, ports: bridges.map((bridge) => ({ name, bridge })) }) as never;
  const of = (device: string | undefined, ...uplinks: never[]) =>
    checkWayOut(devices, device === undefined ? [] : [{ family: 'IPv4', devices: [device] }], {
      bridge: 'br1',
      uplinks,
    });
  assert.equal(of(undefined, uplink('eth0')), [], 'no default route');
  assert.equal(of('eth1', uplink('eth1')), []);
  assert.equal(of('eth1', uplink('eth0', 'br1')), [], 'not routed');
  assert.equal(of('br0', uplink('eth0')), [], 'a port of the device that it leaves by');
  const [found] = of('eth1', uplink('eth0'));
  assert.match(found?.detail ?? '', 'leaves by eth1, which is no uplink of this bridge');
  assert.is(found?.hint, 'write routed = ["br1"] in [uplink.eth1], too');
  assert.match(found?.subject ?? '', 'br1');
});

test('the worst of findings', () => {
  const finding = (level: 'ok' | 'warning' | 'problem') => ({ check: '', level, subject: '', detail: '' });
  assert.is(worst([]), 'ok');
  assert.is(worst([finding('ok'), finding('warning'), finding('ok')]), 'warning');
  assert.is(worst([finding('problem'), finding('warning')]), 'problem');
});

test('what could not be had is a fact, with the advice of whoever failed', async () => {
  assert.equal(await attempt(async () => 7), { value: 7 });
  assert.equal(await attempt(() => Promise.reject(new Failure('no tc', 'install it'))), {
    failed: 'no tc',
    hint: 'install it',
  });
  const plain = await attempt(() => {
    throw new Error('x\ny');
  });
  assert.equal(plain, { failed: 'x\ny' });
  assert.equal([had({ value: 7 }), had(plain as never), had(undefined)], [7, undefined, undefined]);
  assert.equal(unread('c', 's', plain as never), { check: 'c', level: 'problem', subject: 's', detail: 'x' });
  assert.is(unread('c', 's', { failed: 'a', hint: 'b' }).hint, 'b');
});

test.run();
