// What holds for a time only: windows, boost and quota, each from where the one before it left off. Rates in mbit.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Moment, MomentSubject } from '../../../../src/policy/moment/moment.ts';
import type { Policy } from '../../../../src/policy/policy.ts';
import { resolvePolicy } from '../../../../src/policy/resolve-policy.ts';
import type { Both } from '../../../../src/units/units.ts';
import { makeWorld } from '../../../support/world.ts';
import { inZone } from '../../../support/zones.ts';

const running = { cliff: 'vnet0@br0', 'web-1': 'vnet1@br0' };
const tb = 1e12;

function policyAt(toml: string, time: string, more: Partial<Moment> = {}): Policy {
  return inZone('Europe/Berlin', () => {
    const { config, guests, host } = makeWorld(toml, running);
    const moment = { now: new Date(time).getTime(), overrides: [], ...more };
    return resolvePolicy(config, guests, host, moment);
  });
}

/** `rate/ceil out, rate/ceil in` */
function values(policy: Policy, name = 'cliff'): string {
  const [uplink] = policy.uplinks;
  const found = [...(uplink?.guests ?? []), ...(uplink?.groups ?? []), ...(uplink ? [uplink.unmarked] : [])];
  const of = found.find((guest) => guest.name === name);
  assert.ok(of, name);
  const one = (way: 'out' | 'in') => `${of.rate[way].effective / 1e6}/${of.ceil[way] / 1e6}`;
  return `${one('out')}, ${one('in')}`;
}

function stepsOf(policy: Policy, name = 'cliff') {
  const guest = policy.uplinks[0]?.guests.find((one) => one.name === name);
  return guest?.origin.ceil.out.steps.map(({ by, to, until, at }) => ({
    by,
    to: to / 1e6,
    line: at?.line,
    until: until && new Date(until).toISOString(),
  }));
}

const use =
  (uses: Record<string, Both<number>>) =>
  ({ kind, name }: MomentSubject) =>
    uses[`${kind} ${name}`] ?? { out: 0, in: 0 };

const windows = `
[guest.cliff]
rate = "20mbit"
ceil = "50mbit"
[[guest.cliff.when]]
time = ["mon..fri 08:00-18:00", "sat 10:00-14:00"]
ceil = "10mbit"
[[guest.cliff.when]]
time = "06:00-22:00"
ceil = { in = "30mbit" }
rate = "25mbit"
`;

test('the first window that holds counts, and what it leaves out is as otherwise', () => {
  assert.is(values(policyAt(windows, '2028-11-27T08:00+01:00')), '10/10, 10/10', 'Monday');
  assert.is(values(policyAt(windows, '2028-11-27T07:59+01:00')), '25/50, 25/30');
  assert.is(values(policyAt(windows, '2028-11-27T05:59+01:00')), '20/50, 20/50');
  assert.is(values(policyAt(windows, '2028-12-02T10:00+01:00')), '10/10, 10/10', 'Saturday');
  assert.is(values(policyAt(windows, '2028-12-03T12:00+01:00')), '25/50, 25/30', 'Sunday');
});

test('a window says where it is written and until when it holds', () => {
  const policy = policyAt(windows, '2028-11-27T09:00+01:00');
  assert.equal(stepsOf(policy), [{ by: 'window', to: 10, line: 7, until: '2028-11-27T17:00:00.000Z' }]);
  const { forNow } = policy.uplinks[0]?.guests[0] ?? {};
  assert.is(forNow?.out.ceil?.usual, 50e6);
  assert.is(forNow?.out.ceil?.by, 'window');
  assert.equal(policyAt(windows, '2028-11-27T23:00+01:00').uplinks[0]?.guests[0]?.forNow, undefined);
});

test('a guarantee that is cut for a window only is nothing to warn of', () => {
  assert.equal(policyAt(windows, '2028-11-27T09:00+01:00').warnings, []);
});

test('windows of [defaults] change what comes from there, of guests whose entry has none', () => {
  const toml = `
[defaults]
rate = "1mbit"
ceil = "10mbit"
[[defaults.when]]
time = "22:00-06:00"
ceil = "100mbit"
[guest."web-*"]
[guest.cliff]
`;
  const [day, night] = ['2028-11-27T12:00+01:00', '2028-11-27T23:00+01:00'];
  assert.is(values(policyAt(toml, day), 'web-1'), '1/10, 1/10');
  assert.is(values(policyAt(toml, night), 'web-1'), '1/100, 1/100');
  assert.is(values(policyAt(`${toml}ceil = "5mbit"\n`, night)), '1/5, 1/5', 'it has one of its own');
  assert.is(values(policyAt(`${toml}ceil = { out = "5mbit" }\n`, night)), '1/5, 1/100');
  const own = `${toml}[[guest.cliff.when]]\ntime = "sun"\nceil = "7mbit"\n`;
  assert.is(values(policyAt(own, night)), '1/10, 1/10', 'its own windows are all that count');
});

/** Guests may ask for a ceil of their own, and on Mondays all have less. */
const slowMondays = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
metadata = true
[[defaults.when]]
time = "mon"
ceil = "10mbit"
`;

test('what a guest asks for itself is raised by no window', () => {
  const toml = `${slowMondays}[[defaults.when]]
time = "tue"
ceil = "100mbit"
`;
  const at = (time: string) =>
    inZone('UTC', () => {
      const { config, guests, host } = makeWorld(toml, running);
      const [cliff] = guests;
      if (cliff) cliff.metadata = { ceil: { out: 15e6, in: 5e6 } };
      return values(resolvePolicy(config, guests, host, { now: new Date(time).getTime(), overrides: [] }));
    });
  assert.is(at('2028-11-27T12:00Z'), '1/10, 1/5');
  assert.is(at('2028-11-28T12:00Z'), '1/15, 1/5');
  assert.is(at('2028-11-29T12:00Z'), '1/15, 1/5');
});

test('a window that gives a guest no more than it asks for itself has no part in that', () => {
  const asking = (ceil: number) => {
    const { config, guests, host } = makeWorld(slowMondays, running);
    const [cliff] = guests;
    if (cliff) cliff.metadata = { ceil: { out: ceil, in: ceil } };
    const moment = { now: new Date('2028-11-27T12:00Z').getTime(), overrides: [] };
    return (stepsOf(resolvePolicy(config, guests, host, moment)) ?? []).map(({ by, to }) => `${by} ${to}`);
  };
  inZone('UTC', () => {
    assert.equal(asking(11e6), ['window 10']);
    assert.equal(asking(10e6), [], 'as much as it asked for');
    assert.equal(asking(9e6), []);
  });
});

test('a group and the unmarked class have windows too', () => {
  const toml = `
[uplink.eth0]
bridge = "br0"
[[uplink.eth0.unmarked.when]]
time = "mon"
rate = "20mbit"
ceil = { in = "200mbit" }
[group.web]
ceil = "100mbit"
[[group.web.when]]
time = "mon"
ceil = "40mbit"
[guest.cliff]
group = "web"
rate = "60mbit"
ceil = "90mbit"
`;
  const [monday, tuesday] = ['2028-11-27T12:00+01:00', '2028-11-28T12:00+01:00'];
  assert.is(values(policyAt(toml, monday)), '40/40, 40/40');
  assert.is(values(policyAt(toml, monday), 'web'), '40/40, 40/40');
  assert.is(values(policyAt(toml, monday), 'unmarked'), '20/1000, 20/200');
  assert.is(values(policyAt(toml, tuesday)), '60/90, 60/90');
  assert.is(values(policyAt(toml, tuesday), 'unmarked'), '10/1000, 9/1000');
});

const quota = `
[guest.cliff]
rate = "5mbit"
ceil = "50mbit"
[guest.cliff.quota]
volume = "2tb"
every = "month on 15"
then = { ceil = { out = "10mbit" }, rate = "1mbit" }
`;

test('a quota counts from when its volume is used up until its period ends', () => {
  const asked: [string, string][] = [];
  const used =
    (out: number) =>
    (subject: MomentSubject, { begin }: { begin: number }) => {
      asked.push([`${subject.kind} ${subject.name}`, new Date(begin).toISOString()]);
      return { out, in: tb };
    };
  const at = (out: number) => policyAt(quota, '2028-12-24T20:00+01:00', { used: used(out) });
  assert.is(values(at(tb - 1)), '5/50, 5/50');
  assert.is(values(at(tb)), '1/10, 1/50');
  assert.equal(asked[0], ['guest cliff', '2028-12-14T23:00:00.000Z']);
  assert.equal(stepsOf(at(tb)), [{ by: 'quota', to: 10, line: 8, until: '2029-01-14T23:00:00.000Z' }]);
  assert.is(values(policyAt(quota, '2028-12-24T20:00+01:00')), '5/50, 5/50', 'of nothing known');
});

test('each way has a volume of its own, and what then counts is written for each too', () => {
  const each = quota.replace('"2tb"', '{ out = "1tb", in = "3tb" }');
  const at = (out: number, inward: number) =>
    values(policyAt(each, '2028-12-24', { used: use({ 'guest cliff': { out, in: inward } }) }));
  assert.is(at(tb - 1, 3 * tb - 1), '5/50, 5/50');
  assert.is(at(tb, 0), '1/10, 1/50');
  assert.is(at(0, 3 * tb), '1/10, 1/50');
});

test('a pattern gives each guest a volume of its own, a group one to all', () => {
  const toml = `
[group.all]
ceil = "100mbit"
[group.all.quota]
volume = "5tb"
then = { ceil = "20mbit" }
[guest."*"]
group = "all"
rate = "1mbit"
ceil = "50mbit"
[guest."*".quota]
volume = "2tb"
then = { ceil = "10mbit" }
`;
  const at = (uses: Parameters<typeof use>[0]) => policyAt(toml, '2028-12-24', { used: use(uses) });
  const one = at({ 'guest web-1': { out: 2 * tb, in: 0 }, 'group all': { out: 3 * tb, in: 0 } });
  assert.equal(
    [values(one), values(one, 'web-1'), values(one, 'all')],
    ['1/50, 1/50', '1/10, 1/10', '2/100, 2/100'],
  );
  const all = at({ 'guest web-1': { out: 2 * tb, in: 0 }, 'group all': { out: 3 * tb, in: 2 * tb } });
  assert.equal(
    [values(all), values(all, 'web-1'), values(all, 'all')],
    ['1/20, 1/20', '1/10, 1/10', '2/20, 2/20'],
  );
});

test('the steps in their order: window, boost, quota, limit', () => {
  const toml = `
[guest.cliff]
rate = "1mbit"
ceil = "50mbit"
[[guest.cliff.when]]
time = "mon"
ceil = "30mbit"
[guest.cliff.boost]
ceil = "200mbit"
volume = "10gb"
[guest.cliff.quota]
volume = "1tb"
then = { ceil = "40mbit" }
`;
  const usedUp = { used: use({ 'guest cliff': { out: tb, in: 0 } }) };
  const credit = (isOn: boolean) => ({ left: 1, isOn, total: 0 });
  const boosted = { credit: (name: string, way: string) => credit(name === 'cliff' && way === 'out') };
  const limit = {
    kind: 'guest' as const,
    name: 'cliff',
    ceil: { out: 60e6, in: 60e6 },
    since: 0,
    by: 'root',
  };
  const at = (more: Partial<Moment>, day = '2028-11-27') => values(policyAt(toml, day, more));
  assert.is(at({}), '1/30, 1/30');
  assert.is(at(boosted), '1/200, 1/30');
  assert.is(at(usedUp), '1/30, 1/30', 'never more than without it');
  assert.is(at(usedUp, '2028-11-28'), '1/40, 1/40');
  assert.is(at({ ...boosted, ...usedUp }), '1/40, 1/30');
  assert.is(at({ ...boosted, ...usedUp, overrides: [limit] }), '1/60, 1/60');
  assert.equal(
    stepsOf(policyAt(toml, '2028-11-27', { ...boosted, ...usedUp, overrides: [limit] }))?.map(({ by }) => by),
    ['window', 'boost', 'quota', 'limit'],
  );
});

test('a boost is no less than the ceil that a window gives', () => {
  const toml =
    '[guest.cliff]\nrate = "1mbit"\nceil = "50mbit"\n[[guest.cliff.when]]\ntime = "mon"\nceil = "300mbit"\n' +
    '[guest.cliff.boost]\nceil = "200mbit"\nvolume = "1gb"\n';
  const boosted = { credit: () => ({ left: 1, isOn: true, total: 0 }) };
  assert.is(values(policyAt(toml, '2028-11-27', boosted)), '1/300, 1/300');
  assert.is(values(policyAt(toml, '2028-11-28', boosted)), '1/200, 1/200');
});

test.run();
