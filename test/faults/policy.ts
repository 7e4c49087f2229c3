// Random policies as an administrator could write them, for the host of world.ts, and what he changes in them.
// Few values of everything, so that guests share groups, guarantees do not fit and ids meet again.
import type { Guest as Running } from '../../src/guests/guest.ts';
import { type ForNow, momentChanges } from './moment.ts';
import { Random } from './random.ts';

/** Kilobits per second. */
export interface Both {
  out: number;
  in: number;
}

interface Tuned {
  burst?: number;
}

export interface Uplink extends Tuned {
  name: string;
  bridge: string;
  ceil: Both;
  unmarkedId?: number;
}

export interface Group extends Tuned {
  name: string;
  ceil: Both;
  id?: number;
}

export interface Guest extends Tuned {
  name: string;
  group?: string;
  rate: Both;
  ceil: Both;
  id?: number;
  taps: string[];
  runs: boolean;
  /** Bytes that it may send in a month, and its ceil then. */
  quota?: { volume: number; then: number };
}

export interface Policy {
  uplinks: Uplink[];
  groups: Group[];
  guests: Guest[];
  /** What no configuration says. */
  forNow?: ForNow;
}

/** The ports of each bridge: those that can be its uplink, and taps. */
export const ports: Record<string, { uplinks: string[]; taps: string[] }> = {
  br0: { uplinks: ['eth0', 'eth1'], taps: ['vnet0', 'vnet1', 'vnet2', 'vnet3', 'vnet4', 'vnet5', 'vnet6'] },
  br1: { uplinks: ['eth2'], taps: ['vnet7', 'vnet8', 'vnet9'] },
};

const guestNames = ['ann', 'ben', 'cliff', 'dan', 'eve', 'jason', 'mia mia', 'rob'];
const groupNames = ['db', 'friends', 'web'];
/** 1, 2 and ffff are qdisc handles as well; 0x333 was the old hook's default class. */
const ids = [1, 2, 0xffff, 0xfffe, 0x333, ...Array.from({ length: 24 }, (_, index) => 0x10 + index)];

export function randomPolicy(random: Random): Policy {
  const both = (least: number, most: number): Both => randomBoth(random, least, most);
  const uplinks: Uplink[] = [{ name: random.pick(['eth0', 'eth1']), bridge: 'br0', ceil: both(80, 1000) }];
  if (random.chance(0.3)) uplinks.push({ name: 'eth2', bridge: 'br1', ceil: both(80, 1000) });
  const groups = random
    .shuffle(groupNames)
    .slice(0, random.integer(0, 3))
    .map((name): Group => ({ name, ceil: both(20, 120) }));
  const policy: Policy = { uplinks, groups, guests: [] };
  for (const name of random.shuffle(guestNames).slice(0, random.integer(2, 8))) {
    const guest: Guest = {
      name,
      rate: both(1, 20),
      ceil: both(5, 100),
      taps: [],
      runs: policy.guests.length < 2 || random.chance(0.85),
    };
    if (groups.length > 0 && random.chance(0.7)) guest.group = random.pick(groups).name;
    const tap = freeTap(random, policy);
    if (tap) guest.taps.push(tap);
    if (random.chance(0.3)) guest.id = freeId(random, policy);
    policy.guests.push(guest);
  }
  for (const group of groups) if (random.chance(0.3)) group.id = freeId(random, policy);
  return repaired(policy);
}

function randomBoth(random: Random, least: number, most: number): Both {
  const value = () => random.integer(least * 10, most * 10) * 100;
  const out = value();
  return { out, in: random.chance(0.5) ? out : value() };
}

function freeTap(random: Random, { uplinks, guests }: Policy): string | undefined {
  const taken = new Set(guests.flatMap(({ taps }) => taps));
  const free = uplinks.flatMap(({ bridge }) => ports[bridge]?.taps ?? []).filter((tap) => !taken.has(tap));
  return free.length > 0 ? random.pick(free) : undefined;
}

function freeId(random: Random, { uplinks, groups, guests }: Policy): number {
  const taken = new Set([
    ...uplinks.map(({ unmarkedId }) => unmarkedId),
    ...[...groups, ...guests].map(({ id }) => id),
  ]);
  return random.pick(ids.filter((id) => !taken.has(id)));
}

/** No guarantee above a ceil that is written: `check` refuses it. */
function repaired(policy: Policy): Policy {
  for (const guest of policy.guests) {
    const group = policy.groups.find(({ name }) => name === guest.group);
    for (const way of ['out', 'in'] as const) {
      const limits = [
        guest.ceil[way],
        ...(group ? [group.ceil[way]] : []),
        ...policy.uplinks.map((u) => u.ceil[way]),
      ];
      guest.rate[way] = Math.min(guest.rate[way], ...limits);
    }
  }
  return policy;
}

type Change = (policy: Policy, random: Random) => string | undefined;

function changeGuest(change: (guest: Guest, policy: Policy, random: Random) => string | undefined): Change {
  return (policy, random) => {
    const running = policy.guests.filter((guest) => guest.runs && guest.taps.length > 0);
    if (running.length === 0) return undefined;
    const guest = random.pick(running);
    const what = change(guest, policy, random);
    return what && `${guest.name}: ${what}`;
  };
}

const scaled = ({ out, in: into }: Both, by: number): Both => ({
  out: Math.max(800, Math.round((out * by) / 100) * 100),
  in: Math.max(800, Math.round((into * by) / 100) * 100),
});

/** Each says what it did, or nothing when the policy has nothing to do it to. */
export const changes: Record<string, Change> = {
  'rate up': changeGuest((guest) => {
    guest.rate = scaled(guest.rate, 1.7);
    guest.ceil = {
      out: Math.max(guest.ceil.out, guest.rate.out),
      in: Math.max(guest.ceil.in, guest.rate.in),
    };
    return `rate ${JSON.stringify(guest.rate)}`;
  }),
  'rate down': changeGuest((guest) => {
    guest.rate = scaled(guest.rate, 0.4);
    return `rate ${JSON.stringify(guest.rate)}`;
  }),
  ceil: changeGuest((guest, _policy, random) => {
    guest.ceil = randomBoth(random, 5, 100);
    return `ceil ${JSON.stringify(guest.ceil)}`;
  }),
  'group ceil': (policy, random) => {
    if (policy.groups.length === 0) return undefined;
    const group = random.pick(policy.groups);
    group.ceil = randomBoth(random, 20, 120);
    return `group ${group.name}: ceil ${JSON.stringify(group.ceil)}`;
  },
  'guest changes group': changeGuest((guest, policy, random) => {
    const others = [undefined, ...policy.groups.map(({ name }) => name)].filter(
      (name) => name !== guest.group,
    );
    if (others.length === 0) return undefined;
    const group = others[random.integer(0, others.length - 1)];
    if (group === undefined) delete guest.group;
    else guest.group = group;
    return `group ${group ?? 'none'}`;
  }),
  'group appears': (policy, random) => {
    const free = groupNames.filter((name) => policy.groups.every((group) => group.name !== name));
    if (free.length === 0) return undefined;
    const name = random.pick(free);
    policy.groups.push({ name, ceil: randomBoth(random, 20, 120) });
    const joining = random.shuffle(policy.guests.filter(({ runs }) => runs)).slice(0, random.integer(1, 3));
    for (const guest of joining) guest.group = name;
    return `group ${name} with ${joining.map((guest) => guest.name).join(', ')}`;
  },
  'group vanishes': (policy, random) => {
    if (policy.groups.length === 0) return undefined;
    const gone = random.pick(policy.groups);
    policy.groups = policy.groups.filter((group) => group !== gone);
    for (const guest of policy.guests) if (guest.group === gone.name) delete guest.group;
    return `no group ${gone.name}`;
  },
  'id moves': changeGuest((guest, policy, random) => {
    const before = guest.id;
    const other = policy.guests.find((one) => one !== guest && one.id !== undefined && one.runs);
    if (other?.id !== undefined && random.chance(0.6)) {
      guest.id = other.id;
      if (before !== undefined && random.chance(0.5)) other.id = before;
      else other.id = freeId(random, policy);
      return `id ${guest.id}, that was ${other.name}'s, who has ${other.id} now`;
    }
    guest.id = freeId(random, policy);
    return `id ${guest.id}`;
  }),
  'group id': (policy, random) => {
    const used = policy.groups.filter(({ name }) => policy.guests.some((guest) => guest.group === name));
    if (used.length === 0) return undefined;
    const group = random.pick(used);
    group.id = freeId(random, policy);
    return `group ${group.name}: id ${group.id}`;
  },
  'unmarked id': (policy, random) => {
    const uplink = random.pick(policy.uplinks);
    uplink.unmarkedId = freeId(random, policy);
    return `${uplink.name}: unmarked id ${uplink.unmarkedId}`;
  },
  'guest starts': (policy, random) => {
    const stopped = policy.guests.filter(({ runs }) => !runs);
    const name = guestNames.find((one) => policy.guests.every((guest) => guest.name !== one));
    const guest =
      stopped[0] ??
      (name
        ? { name, rate: randomBoth(random, 1, 20), ceil: randomBoth(random, 5, 100), taps: [], runs: false }
        : undefined);
    if (!guest) return undefined;
    const tap = guest.taps[0] ?? freeTap(random, policy);
    if (!tap) return undefined;
    guest.taps = guest.taps.length > 0 ? guest.taps : [tap];
    guest.runs = true;
    if (!policy.guests.includes(guest)) policy.guests.push(guest);
    return `${guest.name} starts on ${guest.taps.join(' ')}`;
  },
  'guest stops': changeGuest((guest, policy) => {
    if (policy.guests.filter(({ runs, taps }) => runs && taps.length > 0).length < 2) return undefined;
    guest.runs = false;
    return 'stops';
  }),
  'tap added': changeGuest((guest, policy, random) => {
    const tap = freeTap(random, policy);
    if (!tap) return undefined;
    guest.taps = [...guest.taps, tap];
    return `gets ${tap}`;
  }),
  'uplink ceil': (policy, random) => {
    const uplink = random.pick(policy.uplinks);
    uplink.ceil = randomBoth(random, 80, 1000);
    return `${uplink.name}: ceil ${JSON.stringify(uplink.ceil)}`;
  },
  burst: (policy, random) => {
    const of = random.pick<Tuned & { name: string }>([...policy.guests, ...policy.groups, ...policy.uplinks]);
    of.burst = random.integer(8, 200) * 1000;
    return `${of.name}: burst ${of.burst}`;
  },
  'uplink swapped': (policy) => {
    const uplink = policy.uplinks.find(({ bridge }) => bridge === 'br0');
    if (!uplink) return undefined;
    uplink.name = uplink.name === 'eth0' ? 'eth1' : 'eth0';
    return `${uplink.name} is the uplink of br0`;
  },
};

export interface PolicyChange {
  from: Policy;
  to: Policy;
  /** The kinds of change that it holds, and in words. */
  kinds: string[];
  text: string;
}

/** The kind of change that it begins with. */
export function kindOf(index: number): string {
  const all = [...Object.keys(changes), ...Object.keys(momentChanges)];
  return all[index % all.length] ?? '';
}

/** @param index picks the first kind of change, so that a run has each of them in turn */
export function randomChange(seed: string, index: number): PolicyChange {
  const random = new Random(`${seed}:${index}`);
  const names = Object.keys(changes);
  const first = kindOf(index);
  for (;;) {
    const from = randomPolicy(random);
    const to = structuredClone(from);
    const change = momentChanges[first];
    if (change) {
      const text = change(from, to, random);
      if (text !== undefined) return { from, to, kinds: [first], text };
      continue;
    }
    const others = random.chance(0.4) ? [] : random.shuffle(names).slice(0, random.integer(1, 3));
    const done: string[] = [];
    const texts: string[] = [];
    for (const name of new Set([first, ...others])) {
      const text = changes[name]?.(to, random);
      if (text === undefined) continue;
      done.push(name);
      texts.push(text);
    }
    if (done[0] === first) return { from, to: repaired(to), kinds: done, text: texts.join('; ') };
  }
}

export function toToml({ uplinks, groups, guests }: Policy): string {
  const rates = ({ out, in: into }: Both) => `{ out = "${out}kbit", in = "${into}kbit" }`;
  const tuned = ({ burst }: Tuned) => (burst ? [`burst = ${burst}`] : []);
  const tables = [
    ...uplinks.map((uplink) => [
      `[uplink.${uplink.name}]`,
      `bridge = "${uplink.bridge}"`,
      `ceil = ${rates(uplink.ceil)}`,
      ...tuned(uplink),
      ...(uplink.unmarkedId ? [`unmarked.id = ${uplink.unmarkedId}`] : []),
    ]),
    ...groups.map((group) => [
      `[group.${group.name}]`,
      `ceil = ${rates(group.ceil)}`,
      ...tuned(group),
      ...(group.id ? [`id = ${group.id}`] : []),
    ]),
    ...guests.map((guest) => [
      `[guest."${guest.name}"]`,
      ...(guest.group ? [`group = "${guest.group}"`] : []),
      `rate = ${rates(guest.rate)}`,
      `ceil = ${rates(guest.ceil)}`,
      ...(guest.quota
        ? [
            `quota = { volume = { out = ${guest.quota.volume} }, then = { ceil = "${guest.quota.then}kbit" } }`,
          ]
        : []),
      ...tuned(guest),
      ...(guest.id ? [`id = ${guest.id}`] : []),
    ]),
  ];
  return `${tables.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** As the hook would have noted them. */
export function runningGuests({ guests }: Policy): Running[] {
  return guests
    .filter(({ runs, taps }) => runs && taps.length > 0)
    .map(({ name, taps }) => ({
      name,
      driver: 'qemu',
      nics: taps.map((tap) => ({ tap, bridge: bridgeOf(tap) })),
    }));
}

export function bridgeOf(tap: string): string {
  return Object.keys(ports).find((bridge) => ports[bridge]?.taps.includes(tap)) ?? '';
}
