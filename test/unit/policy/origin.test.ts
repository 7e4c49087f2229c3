// Where a guest's value comes from when several places say one: the entry's values for the uplink, the entry, the
// guest's own metadata where that is accepted, the defaults. And what cuts it. Rates in mbit.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GuestMetadata } from '../../../src/guests/guest.ts';
import { everyday } from '../../../src/policy/moment/moment.ts';
import type { Origin, Traced } from '../../../src/policy/origin.ts';
import type { GuestPolicy, Policy } from '../../../src/policy/policy.ts';
import { resolvePolicy } from '../../../src/policy/resolve-policy.ts';
import { makeWorld } from '../../support/world.ts';

const mbit = 1e6;
const each = (value: number) => ({ out: value, in: value });

/** cliff, on eth0 of 1 gbit and eth1 of 100 mbit, with rob beside him. */
function policyOf(toml: string, metadata?: GuestMetadata, uplinks = 'vnet0@br0'): Policy {
  const world = makeWorld(toml, { cliff: uplinks, rob: 'vnet9@br0' }, { eth0: 'br0 1000', eth1: 'br1 100' });
  // Where a value is written says its place, not which object it is.
  world.config.guests = world.config.guests.map((entry) => structuredClone(entry));
  const [cliff] = world.guests;
  if (cliff && metadata) cliff.metadata = metadata;
  return resolvePolicy(world.config, world.guests, world.host, everyday);
}

function cliff({ uplinks }: Policy, uplink = 'eth0'): GuestPolicy {
  const found = uplinks.find(({ name }) => name === uplink)?.guests.find(({ name }) => name === 'cliff');
  if (!found) throw new Error(`cliff is not shaped on ${uplink}`);
  return found;
}

/** `entry:3 20 < ceil 10`: from where and which line, what was found there, and each cut. */
function show({ found, cuts, ...origin }: Traced): string {
  return [`${where(origin)} ${found / mbit}`, ...cuts.map(({ by, to }) => `${by} ${to / mbit}`)].join(' < ');
}

const where = ({ from, at }: Origin) => `${from}${at ? `:${at.line}` : ''}`;

const values = (policy: Policy, uplink?: string) => {
  const { rate, ceil } = cliff(policy, uplink).origin;
  return { rate: show(rate.out), ceil: show(ceil.out) };
};

test('nothing written: built in', () => {
  assert.equal(values(policyOf('[guest.cliff]')), { rate: 'built-in 100', ceil: 'built-in 1000' });
});

test('the defaults, the entry, and what the entry says for the uplink: the later wins, with its line', () => {
  const defaults = '[defaults]\nrate = "5mbit"\nceil = "50mbit"\n';
  assert.equal(values(policyOf(`${defaults}[guest.cliff]`)), { rate: 'defaults:2 5', ceil: 'defaults:3 50' });

  const entry = `${defaults}[guest.cliff]\nrate = "6mbit"\n`;
  assert.equal(values(policyOf(entry)), { rate: 'entry:5 6', ceil: 'defaults:3 50' });

  const on = `${entry}[guest.cliff.on.eth0]\nrate = "7mbit"\n`;
  const both = policyOf(on, undefined, 'vnet0@br0 vnet1@br1');
  assert.equal(values(both, 'eth0'), { rate: 'on:7 7', ceil: 'defaults:3 50' });
  assert.equal(values(both, 'eth1'), { rate: 'entry:5 6', ceil: 'defaults:3 50' });
});

test('a direction that braces leave out is from where it would be without them', () => {
  const toml =
    '[defaults]\nrate = "5mbit"\n[guest.cliff]\nceil = "40mbit"\nrate = { in = "6mbit" }\n' +
    '[guest.cliff.on.eth0]\nceil = { in = "30mbit" }\n';
  const { rate, ceil } = cliff(policyOf(toml)).origin;
  assert.equal([show(rate.out), show(rate.in)], ['defaults:2 5', 'entry:5 6']);
  assert.equal([show(ceil.out), show(ceil.in)], ['entry:4 40', 'on:7 30']);
});

test('a value of a pattern is from its entry', () => {
  const policy = policyOf('[guest."cl*"]\nrate = "3mbit"\n');
  assert.is(values(policy).rate, 'entry:2 3');
  assert.is(cliff(policy).at?.line, 1);
});

const asking = (names: string) =>
  `[defaults]\nmetadata = { groups = [${names}], rate = "8mbit", ceil = "80mbit" }\nrate = "5mbit"\nceil = "50mbit"\n`;
const accepted = asking('');
const choosing = asking('"friends"');
const told: GuestMetadata = { rate: each(7 * mbit), ceil: each(70 * mbit) };

test('metadata counts between the entry and the defaults, value by value and direction by direction', () => {
  assert.equal(values(policyOf(`${accepted}[guest.cliff]`, told)), {
    rate: 'metadata 7',
    ceil: 'metadata 70',
  });
  assert.equal(values(policyOf(`${accepted}[guest.cliff]\nrate = "6mbit"\n`, told)), {
    rate: 'entry:6 6',
    ceil: 'metadata 70',
  });
  assert.equal(values(policyOf(`${accepted}[guest."c*".on.eth0]\nrate = "6mbit"\n`, told)), {
    rate: 'on:6 6',
    ceil: 'metadata 70',
  });
  const oneWay = policyOf(`${accepted}[guest.cliff]\nceil = { in = "9mbit" }\n`, { ceil: { out: 8 * mbit } });
  assert.equal(cliff(oneWay).ceil, { out: 8 * mbit, in: 9 * mbit });
  assert.equal(values(oneWay), { rate: 'defaults:3 5', ceil: 'metadata 8' });
});

test('metadata that is not accepted counts for nothing', () => {
  const policy = policyOf('[guest.cliff]', { ...told, group: 'friends' });
  assert.equal(values(policy), { rate: 'built-in 100', ceil: 'built-in 1000' });
  assert.equal(policy.warnings, []);
  assert.is(policyOf('', told).unshaped[0]?.kind, 'unlisted');
});

test('a guest without an entry but with accepted metadata is as good as listed', () => {
  for (const rule of ['ignore', 'refuse']) {
    const policy = policyOf(`${accepted}unlisted = "${rule}"\n`, told);
    assert.equal(values(policy), { rate: 'metadata 7', ceil: 'metadata 70' });
    assert.is(cliff(policy).at, undefined);
    assert.equal(
      policy.unshaped.map(({ guest }) => guest),
      ['rob'],
    );
  }
  // Also where nothing of it can be used: then it gets the defaults.
  const useless = policyOf(accepted, { problems: ['it says nothing of use'] });
  assert.equal(values(useless), { rate: 'defaults:3 5', ceil: 'defaults:4 50' });
});

const groups = '[group.friends]\nceil = "30mbit"\n[group.web]\nceil = "20mbit"\n';

test('a tenant asks for no more than he may, takes nobody’s guarantee, and joins no group that is not his', () => {
  const greedy: GuestMetadata = { rate: each(900 * mbit), ceil: each(900 * mbit), group: 'web' };
  const cut = policyOf(`${choosing}${groups}`, greedy);
  assert.equal(values(cut), { rate: 'metadata 900 < metadata 8', ceil: 'metadata 900 < metadata 80' });
  assert.is(cliff(cut).group, undefined);
  assert.match(cut.warnings.join('\n'), 'asks for group web, which is not among those');
  // Where nothing is named, no more than everybody has.
  const plain = '[defaults]\nmetadata = true\nrate = "5mbit"\nceil = "50mbit"\n';
  assert.equal(values(policyOf(plain, greedy)), {
    rate: 'metadata 900 < metadata 5',
    ceil: 'metadata 900 < metadata 50',
  });
  for (const rule of ['scale', 'refuse']) {
    const full = policyOf(
      `${plain}oversubscribed = "${rule}"\n[uplink.eth0]\nceil = "100mbit"\n[guest.rob]\nrate = "97mbit"\nceil = "100mbit"\n`,
      greedy,
    );
    const rob = full.uplinks[0]?.guests.find(({ name }) => name === 'rob');
    assert.is(rob?.rate.out.effective, 97 * mbit, rule);
    assert.equal(rob?.origin.rate.out.cuts, [], rule);
    assert.ok(cliff(full).rate.out.effective <= 2 * mbit, rule);
  }
  // What is asked for may yield enough, to the last bit: then it is said of that alone.
  const said = (promised: number, own = '') => {
    const friends = ['cliff', 'rob'].map((name) => `[guest.${name}]\ngroup = "friends"\n`);
    const toml = [plain, groups, friends[0], own, friends[1], `rate = "${promised}mbit"\nceil = "30mbit"\n`];
    return policyOf(toml.join(''), { rate: each(5 * mbit) }).warnings.map((warning) =>
      warning.replace(/: the guarantees of .*: /, ' '),
    );
  };
  const ways = (what: string) => ['out', 'in'].map((way) => `eth0, ${way} ${what}`);
  assert.equal(said(25), []);
  assert.equal(said(27), ways('those that guests ask for in their metadata are scaled'));
  assert.equal(
    said(30),
    ways('those that guests ask for in their metadata are scaled'),
    'nothing is left for it',
  );
  assert.equal(said(30, 'rate = "10mbit"\n'), ways('each is scaled to 75.0 %'));
  // Of 100 mbit the guests have 99, all of which is promised.
  const whole = policyOf(
    `${plain}[uplink.eth0]\nceil = "100mbit"\n[guest.rob]\nrate = "99mbit"\nceil = "100mbit"\n`,
    greedy,
  );
  const sum = whole.uplinks[0]?.guests.reduce((all, { rate }) => all + rate.out.effective, 0) ?? 0;
  assert.ok(sum > 98.9 * mbit && sum <= 99 * mbit, String(sum));
});

test('a group of the metadata counts unless the entry has one', () => {
  const own = policyOf(`${choosing}${groups}[guest.cliff]`, { ...told, group: 'friends' });
  assert.is(cliff(own).group, 'friends');
  assert.equal(cliff(own).origin.group, { from: 'metadata' });
  assert.is(values(own).ceil, 'metadata 70 < group 30');
  const two = policyOf(`${asking('"web", "friends"')}${groups}[guest.cliff]`, { ...told, group: 'friends' });
  assert.is(cliff(two).group, 'friends', 'one of several that may be chosen');
  const written = policyOf(`${choosing}${groups}[guest.cliff]\ngroup = "web"\n`, {
    ...told,
    group: 'friends',
  });
  assert.is(cliff(written).group, 'web');
  assert.is(cliff(written).origin.group?.at?.line, 10);
});

test('a group that the configuration does not have is left out, and said once', () => {
  const policy = policyOf(`${choosing}${groups}`, { ...told, group: 'freinds' }, 'vnet0@br0 vnet1@br1');
  assert.is(cliff(policy).group, undefined);
  assert.is(values(policy).ceil, 'metadata 70');
  assert.is(policy.warnings.length, 1);
  assert.match(policy.warnings[0] ?? '', 'guest cliff: its metadata names a group freinds');
  assert.match(policy.warnings[0] ?? '', 'did you mean friends');
});

test('what of the metadata could not be understood is said, where it counts', () => {
  const odd = { ...told, problems: ['rate: "x\u001b" is not a rate'] };
  assert.equal(policyOf(accepted, odd).warnings, [
    'guest cliff: its metadata: rate: "x\u241b" is not a rate: left out',
  ]);
  assert.equal(policyOf('[guest.cliff]', odd).warnings, []);
});

test('a rate of the metadata above the ceil is cut to it, and said', () => {
  const policy = policyOf('[defaults]\nmetadata = { rate = "60mbit" }\n[guest.cliff]\nceil = "40mbit"\n', {
    rate: { in: 60 * mbit },
  });
  assert.equal(cliff(policy).rate.in, { configured: 40 * mbit, effective: 40 * mbit });
  assert.is(show(cliff(policy).origin.rate.in), 'metadata 60 < ceil 40');
  assert.equal(policy.warnings.length, 1);
  assert.match(policy.warnings[0] ?? '', /cliff on eth0, in: .*60mbit.* 40mbit/);
});

test('a ceil is cut by the group as written, then by the link, each with its line', () => {
  const toml = (ceil: string) =>
    `[uplink.eth0]\nceil = "20mbit"\n[group.friends]\nceil = "${ceil}"\n[guest.cliff]\ngroup = "friends"\nrate = "1mbit"\n`;
  const below = cliff(policyOf(toml('30mbit'))).origin.ceil.out;
  assert.is(show(below), 'built-in 1000 < group 30 < link 20');
  assert.equal(
    below.cuts.map(({ name, at }) => [name, at?.line]),
    [
      ['friends', 4],
      ['eth0', 2],
    ],
  );
  assert.is(show(cliff(policyOf(toml('2gbit'))).origin.ceil.out), 'built-in 1000 < link 20');
});

test('scaled guarantees name the ceiling and the sum', () => {
  const member = (name: string) => `[guest.${name}]\ngroup = "friends"\nrate = "20mbit"\nceil = "30mbit"\n`;
  const traced = cliff(policyOf(`${groups}${member('cliff')}${member('rob')}`)).origin.rate.out;
  assert.is(show(traced), 'entry:7 20 < sum 15');
  const { name, sum } = traced.cuts[0] ?? {};
  assert.equal([name, sum], ['group friends', { of: 40 * mbit, limit: 30 * mbit }]);
});

test('a refused guarantee says so', () => {
  const toml =
    '[defaults]\noversubscribed = "refuse"\n[guest.cliff]\nrate = "600mbit"\n[guest.rob]\nrate = "500mbit"\n';
  const world = makeWorld(toml, { rob: 'vnet9@br0', cliff: 'vnet0@br0' });
  const { cuts } = cliff(resolvePolicy(world.config, world.guests, world.host, everyday)).origin.rate.out;
  assert.equal(
    cuts.map(({ by, name }) => [by, name]),
    [['refused', 'eth0']],
  );
});

test.run();
