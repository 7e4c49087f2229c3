// What an administrator has set for now: over all that is written, below the group and the link, and only as long as it
// shall last. Rates in mbit.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  everyday,
  hasOverride,
  type Moment,
  type Override,
  overrideKeys,
} from '../../../../src/policy/moment/moment.ts';
import type { GuestPolicy, Policy, UplinkPolicy } from '../../../../src/policy/policy.ts';
import { resolvePolicy } from '../../../../src/policy/resolve-policy.ts';
import { makeWorld } from '../../../support/world.ts';

const mbit = 1e6;
const now = Date.parse('2026-12-24T19:00:00Z');
const each = (value: number) => ({ out: value * mbit, in: value * mbit });

const friends =
  '[defaults]\nrate = "1mbit"\nceil = "50mbit"\n[uplink.eth0]\nceil = "100mbit"\n[group.friends]\nceil = "30mbit"\n' +
  '[guest.cliff]\ngroup = "friends"\nrate = "15mbit"\nceil = "30mbit"\n' +
  '[guest.rob]\ngroup = "friends"\nrate = "10mbit"\n[guest.jason]\nrate = "20mbit"\n';

function policyAt(moment: Moment, toml = friends): Policy {
  const { config, guests, host } = makeWorld(toml, {
    cliff: 'vnet0@br0',
    rob: 'vnet1@br0',
    jason: 'vnet2@br0',
  });
  return resolvePolicy(config, guests, host, moment);
}

const override = (values: Partial<Override>): Override => ({
  kind: 'guest',
  name: 'cliff',
  since: now,
  by: 'alice',
  ...values,
});

function policyWith(...overrides: Partial<Override>[]): Policy {
  return policyAt({ now, overrides: overrides.map(override) });
}

function uplinkOf({ uplinks }: Policy): UplinkPolicy {
  if (!uplinks[0]) throw new Error('nobody is shaped');
  return uplinks[0];
}

function guest(policy: Policy, name = 'cliff'): GuestPolicy {
  const found = uplinkOf(policy).guests.find((one) => one.name === name);
  if (!found) throw new Error(`${name} is not shaped`);
  return found;
}

/** `15/30`: guarantee and ceil in a direction, what was configured where that is more. */
function values(policy: Policy, name = 'cliff', way: 'out' | 'in' = 'out'): string {
  const { rate, ceil } = guest(policy, name);
  const { configured, effective } = rate[way];
  const scaled = configured === effective ? '' : ` of ${configured / mbit}`;
  return `${effective / mbit}${scaled}/${ceil[way] / mbit}`;
}

test('a ceil below the guarantee cuts that too, and nobody is told of a mistake', () => {
  const policy = policyWith({ ceil: each(5) });
  assert.is(values(policy), '5/5');
  assert.equal(policy.warnings, []);
  assert.is(values(policy, 'rob'), '10/30');
});

test('it may raise as well as lower, up to what the group has', () => {
  assert.is(values(policyWith({ name: 'jason', ceil: each(80) }), 'jason'), '20/80');
  assert.is(values(policyWith({ name: 'jason', ceil: each(500) }), 'jason'), '20/100');
  assert.is(values(policyWith({ ceil: each(500) })), '15/30');
  assert.is(
    values(policyWith({ ceil: each(500) }, { kind: 'group', name: 'friends', ceil: each(60) })),
    '15/60',
  );
});

test('one direction, or the guarantee alone', () => {
  const policy = policyWith({ ceil: { in: 5 * mbit } });
  assert.is(values(policy), '15/30');
  assert.is(values(policy, 'cliff', 'in'), '5/5');
  assert.is(values(policyWith({ rate: each(2) })), '2/30');
  const above = policyWith({ name: 'jason', rate: each(70) });
  assert.is(values(above, 'jason'), '50 of 70/50', 'a guarantee above the ceil is cut to it');
});

test('of two for the same value the later counts, and each value has its own', () => {
  const policy = policyWith({ ceil: each(20), rate: each(3) }, { ceil: { out: 10 * mbit } });
  assert.is(values(policy), '3/10');
  assert.is(values(policy, 'cliff', 'in'), '3/20');
});

test('a group: its members are bounded by it, and share it without a warning', () => {
  const policy = policyWith({ kind: 'group', name: 'friends', ceil: each(8) });
  assert.is(uplinkOf(policy).groups[0]?.ceil.out, 8 * mbit);
  assert.is(values(policy), '4 of 8/8');
  assert.is(values(policy, 'rob'), '4 of 8/8');
  assert.equal(policy.warnings, []);
});

test('a group that is less for now keeps nobody from starting, where guarantees that do not fit would', () => {
  const refuse = friends.replace('[defaults]', '[defaults]\noversubscribed = "refuse"');
  const moment = { now, overrides: [override({ kind: 'group', name: 'friends', ceil: each(8) })] };
  const policy = policyAt(moment, refuse);
  assert.equal(policy.unshaped, []);
  assert.is(values(policy, 'rob'), '4 of 8/8');
  const tooMuch = refuse.replace('rate = "10mbit"', 'rate = "20mbit"');
  assert.equal(
    policyAt(everyday, tooMuch).unshaped.map((one) => one.guest),
    ['rob'],
  );
});

test('what no guest owns, on its uplink', () => {
  const { unmarked } = uplinkOf(policyWith({ kind: 'unmarked', name: 'eth0', ceil: each(0.5) }));
  assert.equal([unmarked.rate.out.effective, unmarked.ceil.out], [0.5 * mbit, 0.5 * mbit]);
  const all = uplinkOf(policyWith({ kind: 'unmarked', name: 'eth0', rate: each(200) }));
  const { unmarked: most, flooded } = all;
  assert.is(most.rate.in.effective + flooded.rate.in.effective, 100 * mbit);
  const other = uplinkOf(policyWith({ kind: 'unmarked', name: 'eth1', ceil: each(0.5) }));
  assert.equal(other.unmarked, uplinkOf(policyAt(everyday)).unmarked);
});

test('it ends at its time, and then nothing is left of it', () => {
  const until = now + 1000;
  const overrides = [override({ ceil: each(5), until })];
  assert.is(values(policyAt({ now: until - 1, overrides })), '5/5');
  assert.equal(policyAt({ now: until, overrides }), policyAt(everyday));
});

test('a clock that was set back to before it was set lifts nothing', () => {
  assert.is(values(policyAt({ now: 0, overrides: [override({ ceil: each(5), until: now })] })), '5/5');
});

test('what it was on other days goes along, of a member of a limited group too', () => {
  const policy = policyWith({ kind: 'group', name: 'friends', ceil: each(8), until: now + 1 });
  const set = { by: 'limit', to: 8 * mbit, until: now + 1, set: { by: 'alice', since: now } };
  assert.equal(uplinkOf(policy).groups[0]?.forNow?.out, { ceil: { ...set, usual: 30 * mbit } });
  assert.equal(guest(policy).forNow?.out, {
    rate: { ...set, usual: 15 * mbit },
    ceil: { ...set, usual: 30 * mbit },
  });
  assert.is(guest(policy, 'jason').forNow, undefined);
  assert.is(guest(policyWith({ ceil: each(30) })).forNow, undefined, 'set to what it is anyway');
});

test('what was set is known by whose it is and by when: two that were set at once are two', () => {
  const keys = [
    { kind: 'guest', name: 'cliff', since: now },
    { kind: 'group', name: 'friends', since: now + 1 },
  ] as const;
  const isOneOf = (values: Partial<Override>) => hasOverride([...keys], override(values));
  assert.ok(isOneOf({}));
  assert.ok(isOneOf({ kind: 'group', name: 'friends', since: now + 1 }));
  assert.not.ok(isOneOf({ name: 'rob' }), 'of another guest, at the same moment');
  assert.not.ok(isOneOf({ kind: 'group' }), 'of a group of that name');
  assert.not.ok(isOneOf({ since: now + 1 }), 'set again later');
});

test('of those that have not ended it is kept which they are, not by whom, why and what', () => {
  const overrides = [
    override({ ceil: each(5), why: 'an abuse report' }),
    override({ name: 'rob', until: now + 1 }),
    override({ name: 'jason', until: now }),
    override({ kind: 'group', name: 'friends', since: now - 1 }),
  ];
  assert.equal(overrideKeys({ now, overrides }), [
    { kind: 'guest', name: 'cliff', since: now },
    { kind: 'guest', name: 'rob', since: now },
    { kind: 'group', name: 'friends', since: now - 1 },
  ]);
});

test('the steps come between what is written and the cuts', () => {
  const policy = policyWith(
    { ceil: each(100), why: 'a migration' },
    { kind: 'group', name: 'friends', ceil: each(60), by: 'bob' },
  );
  const { found, steps, cuts } = guest(policy).origin.ceil.out;
  assert.is(found, 30 * mbit);
  assert.equal(
    steps.map(({ by, to, set }) => [by, to, set?.by, set?.why]),
    [['limit', 100 * mbit, 'alice', 'a migration']],
  );
  assert.equal(
    cuts.map(({ by, to, step }) => [by, to, step?.set?.by]),
    [['group', 60 * mbit, 'bob']],
  );
});

test.run();
