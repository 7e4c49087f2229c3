// The limits inside the host as nft is to have them: of each guest once, however many uplinks and taps it has.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Ids } from '../../../src/plan/ids.ts';
import { limiting } from '../../../src/plan/limiting.ts';
import type { Policy } from '../../../src/policy/policy.ts';

const ids = {
  guests: new Map([
    ['ann', 0x1a],
    ['bob', 0x2b],
  ]),
} as unknown as Ids;
const all = { local: true, pps: true, storm: true };

interface Made {
  name: string;
  taps: string[];
  limits?: object;
  macs?: string[];
}

const guest = ({ name, taps, limits = {}, macs }: Made) => ({
  name,
  limits,
  taps: taps.map((tap) => ({ name: tap, bridge: 'br0', way: 0 })),
  ...(macs ? { macs } : {}),
});
const policy = (...uplinks: Made[][]) =>
  ({ uplinks: uplinks.map((guests) => ({ guests: guests.map(guest) })) }) as unknown as Policy;
const set = <T>(value: T) => ({ value, from: 'entry' });

test('rates in whole bytes, packets with a burst of a fiftieth of a second and at least ten', () => {
  const of = (limits: object) => {
    const [plan] = limiting(policy([{ name: 'ann', taps: ['vnet0'], limits }]), ids, 0x76730000, all).guests;
    return plan;
  };
  const base = { guest: 'ann', id: '1a', mark: 0x7673001a, devices: ['vnet0'] };
  assert.is(of({}), undefined);
  assert.equal(of({ local: set(8_000_009) }), { ...base, local: 1_000_001 });
  assert.equal(of({ pps: set(1) }), { ...base, pps: { packets: 1, burst: 10 } });
  assert.equal(of({ pps: set(500) })?.pps, { packets: 500, burst: 10 });
  assert.equal(of({ pps: set(501) })?.pps, { packets: 501, burst: 11 });
  assert.equal(of({ pps: set(50_000) })?.pps, { packets: 50_000, burst: 1000 });
  assert.equal(of({ storm: set(80) }), { ...base, storm: 10 });
  assert.equal(of({ storm: set({ packets: 5000 }) })?.storm, { packets: 5000, burst: 100 });
});

test('a guest on several uplinks has one limit for all of its taps; guests and taps are in order', () => {
  const local = { local: set(80) };
  const { guests, taps, kinds } = limiting(
    policy(
      [
        { name: 'bob', taps: ['vnet3'], limits: local },
        { name: 'ann', taps: ['vnet2', 'vnet0'], limits: local, macs: ['a2'] },
      ],
      [
        { name: 'ann', taps: ['vnet1', 'vnet0'], limits: local, macs: ['a1'] },
        { name: 'cid', taps: ['vnet4'], macs: ['c'] },
      ],
    ),
    ids,
    0,
    all,
  );
  assert.equal(
    guests.map(({ guest, devices }) => [guest, ...devices]),
    [
      ['ann', 'vnet0', 'vnet1', 'vnet2'],
      ['bob', 'vnet3'],
    ],
  );
  assert.equal(
    taps.map(({ device, macs }) => [device, ...macs]),
    [
      ['vnet0', 'a1'],
      ['vnet1', 'a1'],
      ['vnet2', 'a2'],
      ['vnet4', 'c'],
    ],
  );
  assert.is(kinds, all);
});

test('addresses are known where somebody limits storms, and they are known at all', () => {
  const made = policy([
    { name: 'ann', taps: ['vnet0'], macs: ['a'] },
    { name: 'bob', taps: ['vnet1'] },
  ]);
  assert.equal(
    limiting(made, ids, 0, all).taps.map(({ device }) => device),
    ['vnet0'],
  );
  assert.equal(limiting(made, ids, 0, { ...all, storm: false }).taps, []);
});

test.run();
