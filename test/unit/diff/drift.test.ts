// What of the kernel's differences is somebody's doing: what a load would take out since an uplink is gone is none, as long
// as it is as it was loaded.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../src/diff/compare.ts';
import { driftOf } from '../../../src/diff/drift.ts';
import { reachable } from '../../../src/diff/obstacles.ts';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { noTable } from '../../../src/kernel/nft/table.ts';
import {
  type KernelState,
  kernelWith,
  makeObject,
  type State,
  variant,
} from '../../../src/kernel/objects.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const uplinks = { eth0: 'br0 1000', eth1: 'br1 1000' };
const guests = { ann: 'vnet0@br0', ben: 'vnet1@br1' };
const world = makeWorld('[defaults]\nunlisted = "shape"\n[uplink.eth0]\n[uplink.eth1]\n', guests, uplinks);
const loaded = parseRules(generateFor(world).rules, 'rules.d');
const class10 = [...loaded.objects.values()].find(
  ({ kind, device, subject }) => kind === 'class' && device === 'eth1' && subject === 'guest ben',
);

/** As it was loaded, but for this. @param gone devices */
function kernelOf(change: (kernel: KernelState) => void = () => {}, gone: string[] = []): KernelState {
  const kernel = kernelWith({
    ...loaded,
    objects: new Map(loaded.objects),
    devices: new Map(loaded.devices),
    ruleset: `${noTable}as nft lists it`,
  });
  const present = [...Object.keys(uplinks), 'vnet0', 'vnet1', ...loaded.devices.keys()];
  const state = { ...kernel, loaded: { ruleset: loaded.ruleset }, present: new Set(present) };
  for (const name of gone) state.present.delete(name);
  change(state);
  return state;
}

/** `remove class eth0` of each, once. */
function drift(from: KernelState, was: State | undefined = loaded) {
  const to = reachable(from, loaded).wanted;
  const found = { list: compare(from, to), from, to, ...(was ? { loaded: was } : {}) };
  const drifted = driftOf(found);
  const named = drifted.list.map(({ action, kind, device }) => `${action} ${kind} ${device}`);
  return { found, drifted, named: [...new Set(named)] };
}

test('nothing, and nothing that is gone', () => {
  const { found, drifted } = drift(kernelOf());
  assert.equal(found.list, []);
  assert.is(drifted, found);
});

test('an uplink that is gone: what a load would take out is as it was loaded', () => {
  const { found, drifted, named } = drift(kernelOf(undefined, ['eth0']));
  assert.ok(
    found.list.some(({ kind }) => kind === 'device') && found.list.some(({ kind }) => kind === 'table'),
  );
  assert.equal(named, []);
  assert.equal([...drifted.to.objects.keys()].sort(), [...loaded.objects.keys()].sort());
  assert.equal([...drifted.to.devices.keys()].sort(), [...loaded.devices.keys()].sort());
  assert.is(drifted.to.ruleset, loaded.ruleset);
});

test('what the kernel has lost by itself is not said to be wanted', () => {
  const lost = (kernel: KernelState) => {
    kernel.devices.delete('ifb-eth0');
    for (const [key, { device }] of kernel.objects) if (device.endsWith('eth0')) kernel.objects.delete(key);
  };
  const { drifted, named } = drift(kernelOf(lost, ['eth0']));
  assert.equal(named, []);
  assert.not([...drifted.to.objects.values()].some(({ device }) => device.endsWith('eth0')));
  assert.equal([...drifted.to.devices.keys()], ['ifb-eth1']);
});

test('what somebody has done besides is told, whether or not an uplink is gone', () => {
  assert.ok(class10);
  const other = variant(class10, { values: { ...class10.values, ceil: 1e6 } });
  const more = { ...makeObject('class', 'eth1', '1:77', {}), parent: '1:ffff' };
  const ifb = { name: 'ifb-x', alias: 'virt-shaper:x', up: true };
  for (const [change, expected] of [
    [(kernel: KernelState) => kernel.objects.set(other.key, other), 'change class eth1'],
    [(kernel: KernelState) => kernel.objects.delete(class10.key), 'add class eth1'],
    [(kernel: KernelState) => kernel.objects.set(more.key, more), 'remove class eth1'],
    [(kernel: KernelState) => kernel.devices.set(ifb.name, ifb), 'remove device ifb-x'],
    [(kernel: KernelState) => delete kernel.loaded, 'change table bridge'],
  ] as const) {
    for (const gone of [[], ['eth0']]) {
      const { named } = drift(kernelOf(change, gone));
      assert.equal(named, [expected], `${expected} ${gone}`);
    }
  }
});

test('a table that somebody has changed is compared with what can be loaded', () => {
  const { drifted, found } = drift(kernelOf((kernel) => delete kernel.loaded, ['eth0']));
  assert.is(drifted.to.ruleset, found.to.ruleset);
});

test('a setting that goes back since no guest needs it: drift where it was not loaded', () => {
  const name = 'net.ipv4.fwmark_reflect';
  const from = kernelOf((kernel) => {
    kernel.settings = new Map([[name, '1']]);
    kernel.formerSettings = new Map([[name, '0']]);
  });
  const to = { ...loaded, settings: new Map<string, string>() };
  const drifted = (settings: Map<string, string>) =>
    driftOf({ list: compare(from, to), from, to, loaded: { ...loaded, settings } }).list.map(
      ({ action, setting }) => `${action} ${setting}`,
    );
  assert.equal(drifted(new Map([[name, '1']])), []);
  assert.equal(drifted(new Map()), [`remove ${name} = 0`]);
  assert.equal(drifted(new Map([['net.ipv4', '1']])), [`remove ${name} = 0`]);
});

test('where nothing is known to be loaded every difference is one', () => {
  const from = kernelOf(undefined, ['eth0']);
  const to = reachable(from, loaded).wanted;
  const found = { list: compare(from, to), from, to };
  assert.is(driftOf(found), found);
});

test.run();
