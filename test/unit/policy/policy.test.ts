// Which rate a guest gets and why: where each value is looked for, and what becomes of guarantees that cannot
// all be kept. Rates in mbit.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { everyday } from '../../../src/policy/moment/moment.ts';
import type { GuestPolicy, Policy } from '../../../src/policy/policy.ts';
import { resolvePolicy } from '../../../src/policy/resolve-policy.ts';
import { makeWorld } from '../../support/world.ts';

function policyOf(...world: Parameters<typeof makeWorld>): Policy {
  const { config, guests, host } = makeWorld(...world);
  return resolvePolicy(config, guests, host, everyday);
}

function guestOf({ uplinks }: Policy, name: string, uplink = 'eth0'): GuestPolicy {
  const found = uplinks.find((of) => of.name === uplink)?.guests.find((guest) => guest.name === name);
  if (!found) throw new Error(`${name} is not shaped on ${uplink}`);
  return found;
}

/** `rate/ceil out, rate/ceil in`, where scaled the guarantee as written in brackets. */
function values(policy: Policy, name: string, uplink?: string): string {
  const { rate, ceil } = guestOf(policy, name, uplink);
  const one = (direction: 'out' | 'in') => {
    const { configured, effective } = rate[direction];
    const written = configured === effective ? '' : ` (${configured / 1e6})`;
    return `${effective / 1e6}${written}/${ceil[direction] / 1e6}`;
  };
  return `${one('out')}, ${one('in')}`;
}

const one = { cliff: 'vnet0@br0' };

test('what an entry leaves out comes from the defaults', () => {
  const defaults = '[defaults]\nrate = { out = "5mbit", in = "6mbit" }\nceil = "70mbit"\n';
  assert.is(values(policyOf(`${defaults}[guest.cliff]\n`, one), 'cliff'), '5/70, 6/70');
  assert.is(values(policyOf(`${defaults}[guest.cliff]\nrate = "8mbit"\n`, one), 'cliff'), '8/70, 8/70');
  const oneWay = `${defaults}[guest.cliff]\nceil = { in = "9mbit" }\n`;
  assert.is(values(policyOf(oneWay, one), 'cliff'), '5/70, 6/9');
});

test('nothing written at all: 100 mbit guaranteed, up to 1 gbit', () => {
  assert.is(values(policyOf('[guest.cliff]\n', one, { eth0: 'br0 10000' }), 'cliff'), '100/1000, 100/1000');
});

test('an inherited guarantee fits in quietly below a lower ceil', () => {
  const policy = policyOf('[guest.cliff]\nceil = "20mbit"\n', one);
  assert.is(values(policy, 'cliff'), '20/20, 20/20');
  assert.equal(policy.warnings, []);
});

test('a ceil is bounded by the group and by the link, each way by itself', () => {
  const group =
    '[group.friends]\nceil = { out = "30mbit", in = "300mbit" }\n[guest.cliff]\ngroup = "friends"\n';
  const policy = policyOf(`${group}rate = "1mbit"\nceil = "200mbit"\n`, one, { eth0: 'br0 100' });
  assert.is(values(policy, 'cliff'), '1/30, 1/100');
  assert.equal(policy.uplinks[0]?.groups[0]?.ceil, { out: 30e6, in: 100e6 });
});

test('the values for an uplink win there, and nowhere else', () => {
  const toml =
    '[guest.cliff]\nrate = "1mbit"\nceil = "2mbit"\n[guest.cliff.on.eth1]\nrate = "3mbit"\nceil = "4mbit"\n';
  const policy = policyOf(toml, { cliff: 'vnet0@br0 vnet1@br1' }, { eth0: 'br0 1000', eth1: 'br1 1000' });
  assert.is(values(policy, 'cliff', 'eth0'), '1/2, 1/2');
  assert.is(values(policy, 'cliff', 'eth1'), '3/4, 3/4');
});

test('unmarked traffic keeps 1 % of the link, at least 1 mbit, at most a tenth', () => {
  for (const [link, kept] of [
    [1000, 10e6],
    [50, 1e6],
    [5, 500e3],
  ]) {
    const policy = policyOf('[guest.cliff]\nrate = 8\n', one, { eth0: `br0 ${link}` });
    assert.is(policy.uplinks[0]?.unmarked.rate.out.effective, kept, `${link} mbit`);
  }
});

const pair = { cliff: 'vnet0@br0', rob: 'vnet1@br0' };
const group = (cliff: string, rob: string) =>
  `[group.friends]\nceil = "30mbit"\n[guest.cliff]\ngroup = "friends"\nrate = ${cliff}\n[guest.rob]\ngroup = "friends"\nrate = ${rob}\n`;

test('guarantees that just fit are kept', () => {
  const policy = policyOf(group('"10mbit"', '"20mbit"'), pair);
  assert.is(values(policy, 'rob'), '20/30, 20/30');
  assert.equal(policy.warnings, []);
});

test('guarantees above the ceil of their group are scaled in proportion, and it is said for each direction', () => {
  const policy = policyOf(
    group('{ out = "10mbit", in = "1mbit" }', '{ out = "30mbit", in = "1mbit" }'),
    pair,
  );
  assert.is(values(policy, 'cliff'), '7.5 (10)/30, 1/30');
  assert.is(values(policy, 'rob'), '22.5 (30)/30, 1/30');
  assert.is(policy.warnings.length, 1);
  assert.match(policy.warnings[0] ?? '', /^eth0, out: .*group friends.* 40mbit.* 30mbit.* 75\.0 %/);
});

test('what is scaled down is whole bytes, from a megabit on whole kilobits, and never less than tc can express', () => {
  for (const [rate, ceil] of [
    [500_000, 700_040],
    [7_000_000, 9_999_000],
    [24, 40],
  ] as const) {
    const policy = policyOf(group(`${rate}`, `${rate}`).replace('"30mbit"', `${ceil}`), pair);
    for (const guest of policy.uplinks.flatMap(({ guests }) => guests)) {
      const { effective } = guest.rate.out;
      assert.ok(effective >= 8 && effective < rate, `${effective} of ${rate}`);
      assert.is(effective % (effective >= 1_000_000 ? 1000 : 8), 0, `${effective}`);
    }
  }
});

test('guarantees that just fill the link, or their group, are kept in both modes; one more byte is not', () => {
  const least = 8;
  for (const oversubscribed of ['scale', 'refuse']) {
    const toml = (rate: number, more = '') =>
      `[defaults]\noversubscribed = "${oversubscribed}"\n[guest.cliff]\nrate = ${rate}\nceil = "1gbit"\n${more}`;
    // 1 gbit keeps 10 mbit for what is not marked.
    const fits = policyOf(toml(990e6), one);
    assert.equal([fits.warnings, fits.unshaped], [[], []], oversubscribed);
    assert.is(values(fits, 'cliff'), '990/1000, 990/1000');
    const more = policyOf(toml(990e6 + least), one);
    assert.is(
      more.warnings.length + more.unshaped.length,
      oversubscribed === 'scale' ? 2 : 1,
      oversubscribed,
    );

    const grouped = (rate: number) =>
      policyOf(`[defaults]\noversubscribed = "${oversubscribed}"\n${group(`${rate}`, '20_000_000')}`, pair);
    assert.equal([grouped(10e6).warnings, grouped(10e6).unshaped], [[], []], oversubscribed);
    const broken = grouped(10e6 + least);
    assert.is(
      broken.warnings.length + broken.unshaped.length,
      oversubscribed === 'scale' ? 2 : 1,
      oversubscribed,
    );
  }
});

test('what the unmarked cannot reach it does not keep from the guests', () => {
  const toml =
    '[uplink.eth0]\nunmarked = { ceil = "50mbit" }\n[guest.cliff]\nrate = "9940mbit"\nceil = "10gbit"\n';
  const policy = policyOf(toml, one, { eth0: 'br0 10000' });
  assert.is(policy.uplinks[0]?.unmarked.rate.out.effective, 50e6);
  assert.equal(policy.warnings, []);
  assert.is(values(policy, 'cliff'), '9940/10000, 9940/10000');
});

test('a guarantee that is written stands as written where the link cuts it, the one for an uplink too', () => {
  for (const where of [
    '[guest.cliff]\nceil = "3gbit"\nrate = "2gbit"\n',
    '[guest.cliff]\nrate = "1mbit"\nceil = "3gbit"\n[guest.cliff.on.eth0]\nrate = "2gbit"\n',
  ]) {
    const policy = policyOf(where, one);
    assert.is(guestOf(policy, 'cliff').rate.out.configured, 2e9, where);
    assert.ok(guestOf(policy, 'cliff').rate.out.effective < 1e9);
  }
  const inherited = policyOf('[defaults]\nrate = "2gbit"\nceil = "3gbit"\n[guest.cliff]\n', one);
  assert.is(
    guestOf(inherited, 'cliff').rate.out.configured,
    1e9,
    'of the defaults nobody has written it for this guest',
  );
});

test('burst, cburst and quantum for an uplink win there, of a guest and of a group', () => {
  const toml =
    '[group.g]\nceil = "50mbit"\nburst = "8k"\nquantum = 2000\n[group.g.on.eth1]\nburst = "64k"\nquantum = 3000\n' +
    '[guest.cliff]\nrate = "1mbit"\ngroup = "g"\ncburst = "9k"\n[guest.cliff.on.eth1]\ncburst = "65k"\n';
  const { uplinks } = policyOf(
    toml,
    { cliff: 'vnet0@br0 vnet1@br1' },
    { eth0: 'br0 1000', eth1: 'br1 1000' },
  );
  const of = (name: string) => uplinks.find((uplink) => uplink.name === name);
  const shown = ['eth0', 'eth1'].map((name) => {
    const [inGroup, alone] = [of(name)?.groups[0]?.tuning, of(name)?.guests[0]?.tuning];
    return [inGroup?.burst?.out.value, inGroup?.quantum?.value, alone?.cburst?.in.value];
  });
  assert.equal(shown, [
    [8192, 2000, 9216],
    [65536, 3000, 66560],
  ]);
});

test('refuse: three guests, in each order of their starts, and both directions', () => {
  const toml = `[defaults]\noversubscribed = "refuse"
    [group.friends]\nceil = "30mbit"\n${['a', 'b', 'c'].map((name, index) => `[guest.${name}]\ngroup = "friends"\nrate = { out = "1mbit", in = "${[10, 15, 20][index]}mbit" }\n`).join('')}`;
  const all = { a: 'vnet0@br0', b: 'vnet1@br0', c: 'vnet2@br0' };
  for (const [order, refused] of [
    ['abc', 'c'],
    ['bac', 'c'],
    ['acb', 'b'],
    ['cab', 'b'],
    ['bca', 'c'],
    ['cba', 'b'],
  ] as const) {
    const world = Object.fromEntries([...order].map((name) => [name, all[name as 'a']]));
    assert.equal(
      policyOf(toml, world).unshaped.map(({ guest }) => guest),
      [refused],
      order,
    );
  }
});

test('a member that is not running takes nothing from the others', () => {
  assert.is(values(policyOf(group('"25mbit"', '"25mbit"'), one), 'cliff'), '25/30, 25/30');
});

test('after the groups the link is looked at, and what the unmarked keep is not given away', () => {
  const toml = `${group('"30mbit"', '"30mbit"')}[guest.jason]\nrate = "30mbit"\n`;
  const policy = policyOf(toml, { ...pair, jason: 'vnet2@br0' }, { eth0: 'br0 41' });
  // The group's 15 + 15 and jason's 30 in the 40 that the link of 41 has left.
  assert.is(values(policy, 'cliff'), '10 (30)/30, 10 (30)/30');
  assert.is(values(policy, 'jason'), '20 (30)/41, 20 (30)/41');
});

test('refuse: who came last is told why, and keeps his ceil without a guarantee', () => {
  const toml = `[defaults]\noversubscribed = "refuse"\n${group('"20mbit"', '"20mbit"')}`;
  for (const [first, last] of [
    ['cliff', 'rob'],
    ['rob', 'cliff'],
  ] as const) {
    const policy = policyOf(toml, { [first]: 'vnet0@br0', [last]: 'vnet1@br0' });
    assert.is(values(policy, first), '20/30, 20/30');
    assert.is(guestOf(policy, last).rate.out.effective, 8);
    assert.equal(guestOf(policy, last).ceil, { out: 30e6, in: 30e6 });
    assert.is(policy.unshaped.length, 1);
    const [{ guest, kind, reason } = {}] = policy.unshaped;
    assert.equal([guest, kind], [last, 'refused']);
    assert.match(reason ?? '', /20mbit.*group friends would have to keep 40mbit of 30mbit/);
  }
});

test('a guest is one entry however many NICs it has, its taps in name order', () => {
  const policy = policyOf('[guest.cliff]\nrate = "1mbit"\n', { cliff: 'vnet2@br0 vnet0@br0 vnet1@br0' });
  assert.is(policy.uplinks[0]?.guests.length, 1);
  const { taps } = guestOf(policy, 'cliff');
  assert.equal(
    taps.map(({ name }) => name),
    ['vnet0', 'vnet1', 'vnet2'],
  );
});

test('a tap is behind the bridge that it is a port of, whatever the XML says; in none it counts for that of the XML', () => {
  const where = (master?: string) => {
    const world = makeWorld(
      '[guest.cliff]\n',
      { cliff: 'vnet0@br0' },
      { eth0: 'br0 1000', eth1: 'br1 1000' },
    );
    world.host.devices.set('vnet0', { tap: true, ...(master === undefined ? {} : { master }) });
    const { uplinks } = resolvePolicy(world.config, world.guests, world.host, everyday);
    return uplinks.map(({ name, guests }) => [
      name,
      guests.flatMap(({ taps }) => taps.map((tap) => tap.bridge)),
    ]);
  };
  assert.equal(where('br1'), [['eth1', ['br1']]]);
  assert.equal(where(), [['eth0', ['br0']]]);
});

/** Who is not shaped and why: a guest on each kind of NIC, beside a NIC that is shaped or not. */
function notShaped(toml: string, nics: string, skipped: string[] = []): string[] {
  const world = makeWorld(toml, { cliff: nics });
  const [cliff] = world.guests;
  if (cliff && nics === '') cliff.nics = [];
  if (cliff && skipped.length > 0) cliff.skipped = skipped.map((nic) => ({ nic, reason: `${nic} is none` }));
  world.host.networks = new Map([
    ['virbr0', { name: 'default', mode: 'nat' }],
    ['virbr1', { name: 'inner', mode: 'isolated' }],
  ]);
  return resolvePolicy(world.config, world.guests, world.host, everyday).unshaped.map(
    ({ kind, tap, reason }) => `${kind} ${tap}: ${reason}`,
  );
}

const nat = "vnet1: it is on libvirt's NAT network default (virbr0), which no uplink has as routed";

test('an entry that does not limit its guest is a wish that is not kept', () => {
  const entry = '[guest.cliff]\n';
  assert.equal(notShaped(entry, 'vnet1@virbr0'), [`unreachable ${nat}`]);
  assert.equal(notShaped('[guest."*"]\n', 'vnet1@virbr0'), [`unreachable ${nat}`]);
  assert.equal(notShaped(entry, '', ['macvtap0']), ['unreachable macvtap0: macvtap0 is none']);
  assert.equal(notShaped(entry, 'vnet0@br0 vnet1@virbr0'), [`unreachable ${nat}`], 'past its own limit');
  assert.match(
    notShaped(entry, 'vnet1@virbr1')[0] ?? '',
    /^unreachable vnet1: .*isolated network inner \(virbr1\)/,
  );
  assert.equal(notShaped(entry, 'vnet1@br9'), ['unreachable vnet1: its bridge br9 has no uplink']);
  assert.equal(notShaped(entry, 'vnet1'), ['unreachable vnet1: it is a port of no bridge']);
});

test("beside a NIC that is shaped, one that leads nowhere is nobody's trouble; nor are guests without an entry", () => {
  const entry = '[guest.cliff]\n';
  assert.match(notShaped(entry, 'vnet0@br0 vnet1@virbr1')[0] ?? '', /^needless/);
  assert.equal(notShaped(entry, 'vnet0@br0', ['macvtap0']), ['unsuited macvtap0: macvtap0 is none']);
  const all = '[defaults]\nunlisted = "shape"\n';
  assert.equal(notShaped(all, 'vnet1@virbr0'), [`needless ${nat}`]);
  assert.match(notShaped('', 'vnet1@virbr0')[0] ?? '', /^unlisted/);
});

test.run();
