// Random worlds for fast-check: a configuration as TOML that the real readConfig accepts, guests, and a host on
// which now and then a tap is missing or has moved, to a bridge without an uplink too. Some values are others for now.
// Small numbers of everything, so that guests share groups and guarantees do not fit.

import fc from 'fast-check';
import { escapeName } from '../../src/config/pattern.ts';
import type { Guest } from '../../src/guests/guest.ts';
import type { Device, Host } from '../../src/host/host.ts';
import type { Moment, Override } from '../../src/policy/moment/moment.ts';
import { amount } from '../support/amount.ts';
import { readToml, type World } from '../support/world.ts';
import { anyLeaf } from './leaf.ts';
import { configName, guestName } from './names.ts';

const uplinkNames = ['eth0', 'eth0.100', 'enp129s0f0np0v1'];
const bridges = ['br0', 'br1', 'br2'];
/** Without a port of its own: what comes by it is routed by the host, where an uplink says so. */
const routedBridge = 'virbr0';

/** Bits per second, from the least tc knows to 400 gbit. */
export const rate = fc.oneof(
  fc.constantFrom(8, 1e6, 10e6, 30e6, 100e6, 1e9, 10e9),
  fc.integer({ min: 8, max: 4e6 }),
  fc.integer({ min: 1, max: 400_000 }).map((mbit) => mbit * 1e6),
);
const seed = Number(process.env.VIRT_SHAPER_SEED);

/**
 * A world takes milliseconds, so that making a failing one smaller could go on for minutes: that is done only with
 * VIRT_SHAPER_SEED=NUMBER, which tries again what has failed with the seed that it has said. No limit of time: on a busy
 * machine it would leave out most of the worlds, and be a failure where it comes before the first of them is done.
 */
export const bounded = (numRuns: number) => ({
  numRuns: amount(numRuns),
  ...(seed ? { seed } : { endOnFailure: true }),
});

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const ceil = maybe(fc.oneof(rate, fc.record({ out: rate, in: rate })));
type Ceil = typeof ceil extends fc.Arbitrary<infer T> ? T : never;
/** How much of the most it may be a guarantee is. */
const share = maybe(fc.double({ min: 0, max: 1, noNaN: true }));

/** What a guest may do inside the host. */
const limits = fc.record({
  local: maybe(fc.constantFrom('off', '8mbit', '1gbit')),
  pps: maybe(fc.constantFrom('off', 100, 5000)),
  storm: maybe(fc.constantFrom('off', 50, '2mbit')),
});

/** Ceils by the clock, with credit, and once a volume is used up. */
const changes = maybe(fc.record({ window: maybe(rate), boost: maybe(rate), after: maybe(rate) }));
type Changes = typeof changes extends fc.Arbitrary<infer T> ? T : never;

const shape = fc.record({
  defaults: fc.record({
    ceil,
    share,
    limits: maybe(limits),
    unlisted: fc.constantFrom('shape', 'shape', 'ignore', 'refuse'),
  }),
  uplinks: fc.array(fc.record({ ceil, share, written: fc.boolean(), speed: maybe(rate) }), {
    minLength: 1,
    maxLength: 3,
  }),
  groups: fc.uniqueArray(fc.record({ name: configName, ceil: rate, changes }), {
    maxLength: 3,
    selector: ({ name }) => name,
  }),
  entries: fc.uniqueArray(
    fc.record({
      name: configName,
      ceil,
      share,
      group: fc.nat(3),
      on: maybe(fc.nat(2)),
      leaf: maybe(anyLeaf),
      limits: maybe(limits),
      changes,
    }),
    { minLength: 1, maxLength: 6, selector: ({ name }) => name },
  ),
  pattern: maybe(fc.constantFrom('*', 'a*', '?')),
  ids: fc.uniqueArray(
    fc.oneof(fc.constantFrom(1, 2, 0x333, 0xfffe, 0xffff), fc.integer({ min: 1, max: 0xffff })),
    {
      maxLength: 5,
    },
  ),
  overrides: fc.array(
    fc.record({
      kind: fc.constantFrom('guest', 'guest', 'group', 'unmarked'),
      whose: fc.nat(5),
      rate: maybe(rate),
      ceil: maybe(rate),
      way: fc.constantFrom('out', 'in', 'both'),
      left: fc.constantFrom(-1, 0, 1, undefined),
    }),
    { maxLength: 5 },
  ),
  strangers: fc.uniqueArray(guestName, { maxLength: 3 }),
  nics: fc.array(fc.record({ guest: fc.nat(5), bridge: fc.nat(3), fate: fc.nat(19) }), {
    minLength: 2,
    maxLength: 12,
  }),
  /** The uplinks that have that bridge as routed. */
  routed: fc.subarray([0, 1, 2]),
  /** The VLAN device lies on the NIC; the last uplink is a second one of the first bridge. */
  stacked: fc.boolean(),
  /** The number of a tap that is written as an uplink, as where its guest is a router; mostly none. */
  router: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, fc.nat(3)),
  beside: fc.boolean(),
  kernel: fc.record<Host['kernel']>({
    leaf: fc.constantFrom('fq_codel', 'bfifo'),
    redirect: fc.constantFrom('fw', 'bpf', 'u32'),
    lacking: fc.subarray(['cake', 'sfq']),
  }),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

export function randomWorld(
  oversubscribed: 'scale' | 'refuse' = 'scale',
): fc.Arbitrary<World & { toml: string }> {
  return shape.map((of) => {
    const toml = tomlOf(of, oversubscribed);
    return { toml, config: readToml(toml), guests: guestsOf(of), host: hostOf(of), moment: momentOf(of) };
  });
}

function tomlOf(
  { defaults, uplinks, groups, entries, pattern, ids, routed, router }: Shape,
  oversubscribed: string,
): string {
  const links = uplinks.filter(({ written }) => written).map((uplink) => most(uplink.ceil));
  const ownCeil = most(defaults.ceil ?? 1e9);
  const tables = uplinks.flatMap((uplink, index) =>
    uplink.written
      ? [
          table(['uplink', uplinkNames[index] ?? ''], {
            ceil: uplink.ceil,
            routed: routed.includes(index) ? routedBridge : undefined,
          }),
          table(['uplink', uplinkNames[index] ?? '', 'unmarked'], {
            rate: part(uplink.share, most(uplink.ceil)),
          }),
        ]
      : [],
  );
  if (router !== undefined) tables.push(table(['uplink', `vnet${router}`], {}));
  const spare = [...ids];
  for (const group of groups)
    tables.push(
      table(['group', group.name], { ceil: group.ceil, id: spare.shift() }) +
        changing(group.changes, 'group'),
    );
  for (const entry of entries) {
    const group = groups[entry.group];
    const limit = Math.min(most(entry.ceil ?? ownCeil), most(group?.ceil), ...links);
    const values = { ceil: entry.ceil, rate: part(entry.share, limit), group: group?.name, ...entry.limits };
    const leaf = entry.leaf ? `leaf = ${entry.leaf}\n` : '';
    tables.push(
      table(['guest', escapeName(entry.name)], { ...values, id: spare.shift() }) +
        leaf +
        changing(entry.changes, 'guest'),
    );
    const on = uplinkNames[entry.on ?? uplinkNames.length];
    if (on)
      tables.push(table(['guest', escapeName(entry.name), 'on', on], { rate: part(entry.share, limit / 2) }));
  }
  if (pattern) tables.push(table(['guest', pattern], {}));
  return [
    table(['defaults'], {
      ceil: defaults.ceil ?? 1e9,
      rate: part(defaults.share ?? 0, ownCeil),
      unlisted: defaults.unlisted,
      oversubscribed,
      ...defaults.limits,
    }),
    ...tables,
  ].join('\n');
}

/** The window always holds. */
function changing(of: Changes, kind: 'guest' | 'group'): string {
  const { window, boost, after } = of ?? {};
  return [
    window === undefined ? '' : `when = [{ time = "mon..sun", ceil = ${window} }]\n`,
    boost === undefined || kind === 'group' ? '' : `boost = { ceil = ${boost}, volume = "1gb" }\n`,
    after === undefined ? '' : `quota = { volume = "1gb", then = { ceil = ${after} } }\n`,
  ].join('');
}

/** The lower of both directions: what a guarantee must not exceed. */
function most(of: Ceil): number {
  return typeof of === 'object' ? Math.min(of.out, of.in) : (of ?? Number.POSITIVE_INFINITY);
}

function part(share: number | undefined, limit: number): number | undefined {
  return share === undefined ? undefined : Math.max(8, Math.floor(share * Math.min(limit, 1e12)));
}

function table(path: string[], values: Record<string, Ceil | string>): string {
  const lines = Object.entries(values).flatMap(([key, value]) =>
    value === undefined
      ? []
      : typeof value === 'object'
        ? `${key} = { out = ${value.out}, in = ${value.in} }\n`
        : `${key} = ${JSON.stringify(value)}\n`,
  );
  return `[${path.map((key) => JSON.stringify(key)).join('.')}]\n${lines.join('')}`;
}

function guestsOf({ uplinks, entries, strangers, nics }: Shape): Guest[] {
  const names = [...new Set([...entries.map(({ name }) => name), ...strangers])];
  return names.map((name, index) => ({
    name,
    driver: 'qemu',
    nics: nics.flatMap(({ guest, bridge }, tap) =>
      guest === index ? { tap: `vnet${tap}`, bridge: bridgeOf(bridge, uplinks.length) } : [],
    ),
  }));
}

/** Some of them have ended. */
function momentOf({ overrides, uplinks, groups, entries, strangers }: Shape): Moment {
  const now = 1e12;
  const names = {
    guest: [...entries.map(({ name }) => name), ...strangers],
    group: groups.map(({ name }) => name),
    unmarked: uplinkNames.slice(0, uplinks.length),
  };
  return {
    now,
    used: ({ name }) => ({ out: name.length % 2 === 0 ? 1e9 : 0, in: 0 }),
    credit: (name, way) => ({ left: 1, isOn: name.length % 3 === 0 || way === 'in', total: 0 }),
    overrides: overrides.map(({ kind, whose, way, left, ...values }): Override => {
      const set = (value: number | undefined) =>
        value === undefined
          ? {}
          : { ...(way === 'in' ? {} : { out: value }), ...(way === 'out' ? {} : { in: value }) };
      return {
        kind,
        name: names[kind][whose] ?? '',
        rate: set(values.rate),
        ceil: set(values.ceil),
        since: 0,
        by: 'alice',
        ...(left === undefined ? {} : { until: now + left }),
      };
    }),
  };
}

const bridgeOf = (number: number, uplinks: number) =>
  number === bridges.length ? routedBridge : (bridges[number % uplinks] ?? 'br0');

function hostOf({ uplinks, nics, stacked, beside, kernel }: Shape): Host {
  const devices = new Map<string, Device>(
    [...bridges, routedBridge].map((bridge) => [bridge, { tap: false }]),
  );
  uplinks.forEach(({ speed }, index) => {
    const master = bridges[beside && index === 2 ? 0 : index] ?? 'br0';
    const lower = stacked && index === 1 ? { lower: ['eth0'] } : {};
    devices.set(uplinkNames[index] ?? '', { master, tap: false, ...lower, ...(speed ? { speed } : {}) });
  });
  nics.forEach(({ bridge, fate }, tap) => {
    if (fate === 0) return; // The tap is gone.
    const master = fate === 1 ? 'br-lan' : fate === 2 ? 'br0' : bridgeOf(bridge, uplinks.length);
    devices.set(`vnet${tap}`, { master, tap: true });
  });
  return { devices, kernel };
}
