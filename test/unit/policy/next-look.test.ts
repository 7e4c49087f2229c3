// Nothing changes before the next look, whatever the guests do: a year with a clock of our own, guests that use what they
// like, summer time both ways. A limit that is missed, or a value that changes unseen, fails here.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Config } from '../../../src/config/config.ts';
import type { Moment, Override } from '../../../src/policy/moment/moment.ts';
import { nextLook } from '../../../src/policy/next-look.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { resolvePolicy } from '../../../src/policy/resolve-policy.ts';
import type { Both } from '../../../src/units/units.ts';
import { Random } from '../../faults/random.ts';
import { makeWorld } from '../../support/world.ts';
import { inZone } from '../../support/zones.ts';

const second = 1000;
const running = { cliff: 'vnet0@br0', 'web-1': 'vnet1@br0', 'web-2': 'vnet2@br0' };
const toml = `
[defaults]
rate = "1mbit"
ceil = "50mbit"
[[defaults.when]]
time = "22:00-06:00"
ceil = "100mbit"
[[uplink.eth0.unmarked.when]]
time = "sun 01:30-02:30"
rate = "20mbit"
[group.web]
ceil = "80mbit"
[group.web.quota]
volume = "3tb"
every = "week"
then = { ceil = "30mbit" }
[[group.web.when]]
time = ["mon..fri 08:00-18:00", "sat 10:00-14:00"]
ceil = "40mbit"
[guest.cliff]
ceil = "40mbit"
[guest.cliff.quota]
volume = { out = "2tb" }
every = "month on 31"
then = { ceil = "10mbit" }
[guest."web-*"]
group = "web"
[guest."web-*".quota]
volume = "200gb"
every = "day"
then = { ceil = { in = "5mbit" }, rate = "500kbit" }
`;

/** What the kernel would be told. */
function figures({ uplinks }: Policy): string {
  return JSON.stringify(
    uplinks.map(({ groups, guests, unmarked }) =>
      [...groups, ...guests, unmarked].map(({ name, rate, ceil }) => [
        name,
        rate.out.effective,
        rate.in.effective,
        ceil,
      ]),
    ),
  );
}

/** What passed, as sums up to each moment. */
class Uses {
  private readonly sums = new Map<string, { at: number; sum: Both<number> }[]>();

  add(subject: string, at: number, bytes: Both<number>): void {
    const own = this.sums.get(subject) ?? [{ at: 0, sum: { out: 0, in: 0 } }];
    this.sums.set(subject, own);
    const { out, in: inward } = own.at(-1)?.sum ?? bytes;
    own.push({ at, sum: { out: out + bytes.out, in: inward + bytes.in } });
  }

  readonly used = (
    { kind, name }: { kind: string; name: string },
    { begin: since }: { begin: number },
  ): Both<number> => {
    const own = this.sums.get(`${kind} ${name}`) ?? [];
    let [before, after] = [0, own.length];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if ((own[middle]?.at ?? 0) < since) before = middle;
      else after = middle;
    }
    const [first, last] = [own[before]?.sum, own.at(-1)?.sum];
    return first && last ? { out: last.out - first.out, in: last.in - first.in } : { out: 0, in: 0 };
  };
}

// From and until the first of these months.
for (const [zone, first, last, least] of [
  ['Europe/Berlin', 0, 12, 1500],
  ['Australia/Lord_Howe', 2, 5, 300],
] as const) {
  test(`months in ${zone}: between two looks no value changes, and each quota is kept`, () =>
    inZone(zone, () => {
      const random = new Random(zone);
      const { config, guests, host } = makeWorld(toml, running, { eth0: 'br0 1000' });
      const uses = new Uses();
      const at = (now: number): Moment => ({ now, overrides: [], used: uses.used });
      const policyAt = (now: number) => resolvePolicy(config, guests, host, at(now));
      const end = new Date(2028, last, 1).getTime();
      let [looks, changes] = [0, 0];
      for (let now = new Date(2028, first, 1, 0, 0, 7).getTime(); now < end; looks += 1) {
        const policy = policyAt(now);
        const before = figures(policy);
        const next = Math.ceil(Math.min(nextLook(config, policy, at(now)) ?? end, end));
        assert.ok(next > now);
        assert.is(
          figures(policyAt(now + random.next() * (next - now - 1))),
          before,
          new Date(now).toString(),
        );
        const share = random.chance(0.3) ? 1 : random.next();
        use(policy, uses, now, next - 1, share);
        assert.is(figures(policyAt(next - 1)), before, new Date(next).toString());
        // What is left is less and less, and nobody looks more often than so.
        const then = Math.max(next, now + 60 * second);
        use(policy, uses, next - 1, then, share);
        now = then;
        if (figures(policyAt(now)) !== before) changes += 1;
      }
      assert.ok(changes > least, `${changes} changes`);
      assert.ok(looks < 40_000, `${looks} looks`);
    }));
}

/** Up to `until`, each of them a share of its ceil. */
function use({ uplinks }: Policy, uses: Uses, from: number, until: number, share: number): void {
  for (const { guests, groups } of uplinks) {
    for (const [kind, list] of [['guest', guests] as const, ['group', groups] as const]) {
      for (const { name, ceil } of list) {
        const bytes = (bits: number) => Math.floor((share * bits * Math.max(0, until - from)) / 8000);
        uses.add(`${kind} ${name}`, until, { out: bytes(ceil.out), in: bytes(ceil.in) });
      }
    }
  }
}

function lookFor(text: string, more: Partial<Moment>, now = '2028-11-27T12:00'): number | undefined {
  const { config, guests, host } = makeWorld(text, running);
  const moment: Moment = { now: new Date(now).getTime(), overrides: [], ...more };
  const found = nextLook(config as Config, resolvePolicy(config, guests, host, moment), moment);
  return found === undefined ? undefined : (found - moment.now) / second;
}

test('without anything that changes nobody has to look', () => {
  assert.is(lookFor('[guest.cliff]\n', {}), undefined);
});

test('a limit that ends', () => {
  const limit = (until: string): Override => ({
    kind: 'guest',
    name: 'cliff',
    ceil: { out: 1e6 },
    since: 0,
    by: 'root',
    until: new Date(until).getTime(),
  });
  assert.is(
    lookFor('[guest.cliff]\n', { overrides: [limit('2028-11-27T12:05'), limit('2028-11-27T11:00')] }),
    300,
  );
});

test('a volume cannot be used up before its guest has sent it at its ceil', () => {
  const text =
    '[guest.cliff]\nrate = "1mbit"\nceil = "80mbit"\n[guest.cliff.quota]\nvolume = "1gb"\nthen = { ceil = "1mbit" }\n';
  const used = (out: number, inward: number) => ({ used: () => ({ out, in: inward }) });
  assert.is(lookFor(text, used(5e8, 3e8)), 10, '200 MB, both ways 20 MB a second');
  const out = text.replace('"1gb"', '{ out = "1gb" }');
  assert.is(lookFor(out, used(5e8, 3e8)), 50);
  assert.is(
    lookFor(out, used(1e9, 0)),
    (new Date('2028-12-01T00:00').getTime() - new Date('2028-11-27T12:00').getTime()) / second,
  );
});

test('credit lasts as long as all that is above the ceil takes', () => {
  const text =
    '[guest.cliff]\nrate = "1mbit"\nceil = "20mbit"\n[guest.cliff.boost]\nceil = "100mbit"\nvolume = "1gb"\n';
  const credit = (isOn: boolean) => ({ credit: () => ({ left: 1e8, isOn, total: 0 }) });
  assert.is(lookFor(text, credit(true)), 10);
  assert.is(lookFor(text, credit(false)), undefined);
});

test.run();
