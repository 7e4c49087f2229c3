// The picture that status, tree and metrics show, made up: guests on one uplink, all shaped, each with figures.

import type { Fault } from '../../src/observe/fault.ts';
import type { Freshness } from '../../src/observe/freshness.ts';
import { type GuestRow, guestRows } from '../../src/observe/guests.ts';
import { joinUplinks } from '../../src/observe/in-use.ts';
import type { InUse } from '../../src/observe/read-in-use.ts';
import { type Use, useKey } from '../../src/observe/use.ts';
import type { AllowancesInUse, QuotaInUse } from '../../src/observe/volumes.ts';
import type { ClassPlan, TreePlan } from '../../src/plan/plan.ts';
import type { InForce } from '../../src/store/in-force-plan.ts';
import { both, type Direction } from '../../src/units/units.ts';
import { healthy } from './facts.ts';

export interface MadeGuest {
  name: string;
  group?: string;
  /** The guarantee as written, where it is scaled. */
  configured?: number;
  /** Its tap is gone. */
  gone?: boolean;
}

export const asked: Freshness = {
  loaded: true,
  configChanged: false,
  mistakes: [],
  rulesChanged: false,
  history: { version: 1, loads: 1, failures: 0, last: { at: 0 } },
};

/** One of each kind. */
export function someAllowances(): AllowancesInUse {
  const quota = { every: { value: { every: 'day' } } } as QuotaInUse['quota'];
  const of = (kind: 'guest' | 'group', name: string): QuotaInUse => {
    return { kind, name, quota, begin: 0, end: 1, volumes: [{ way: 'both', volume: 2, used: 1 }] };
  };
  const credit = { guest: 'jason', way: 'out', volume: 2, left: 1, isOn: true } as const;
  return { quotas: [of('guest', 'jason'), of('group', 'friends')], credits: [credit] };
}

export function makeInUse(guests: MadeGuest[], unshaped: InForce['unshaped'] = []): InUse {
  const taps = guests.map(({ name }, at) => ({
    name: `vnet${at}`,
    bridge: 'br0',
    guest: name,
    mark: 16 + at,
    clsact: true,
  }));
  const inForce: InForce = {
    version: 1,
    uplinks: [
      {
        name: 'eth0',
        ports: [{ name: 'eth0', bridge: 'br0' }],
        ifb: 'ifb-eth0',
        trees: both((way) => tree(way, guests)),
        taps,
      },
    ],
    unshaped,
    warnings: [],
  };
  const uses = new Map(
    inForce.uplinks.flatMap(({ trees }) =>
      [trees.out, trees.in].flatMap((own) =>
        classes(own).map((plan) => [useKey(own.device, plan.id), use(plan, own)]),
      ),
    ),
  );
  const before = new Map(
    Array.from(uses, ([key, { bytes }]) => [key, { at: 0, spread: 0, bytes: bytes - 125_000 }]),
  );
  const facts = healthy(new Map(taps.map(({ name, mark }) => [name, mark])));
  const uplinks = joinUplinks(inForce, uses, before, facts.roots);
  for (const [at, { gone }] of guests.entries()) if (gone) facts.devices.delete(`vnet${at}`);
  const rows = guestRows(inForce, uplinks, facts);
  return {
    loaded: true,
    inForce,
    uplinks,
    guests: rows,
    inner: [],
    limits: [],
    allowances: { quotas: [], credits: [] },
    forgers: [],
    uuids: new Map(),
    table: 'as loaded',
    uses,
    interval: 1000,
  };
}

function tree(direction: Direction, guests: MadeGuest[]): TreePlan {
  const major = direction === 'out' ? 1 : 2;
  const make = (kind: ClassPlan['kind'], name: string, minor: number, configured?: number): ClassPlan => ({
    kind,
    name,
    id: `${major}:${minor.toString(16)}`,
    parent: '',
    rate: 10_000_000,
    ...(configured === undefined ? {} : { configured }),
    ceil: 30_000_000,
    burst: 1,
    cburst: 1,
    overhead: 0,
    mpu: 60,
    quantum: 1,
  });
  const guest = ({ name, configured }: MadeGuest) =>
    make('guest', name, 16 + guests.findIndex((other) => other.name === name), configured);
  const groups = [...new Set(guests.flatMap(({ group }) => group ?? []))];
  return {
    direction,
    device: direction === 'out' ? 'eth0' : 'ifb-eth0',
    root: `${major}:`,
    default: 'fffe',
    link: make('link', 'eth0', 0xffff),
    unmarked: make('unmarked', '', 0xfffe),
    groups: groups.map((name, at) => ({
      group: make('group', name, 0xf000 + at),
      guests: guests.filter(({ group }) => group === name).map(guest),
    })),
    guests: guests.filter(({ group }) => group === undefined).map(guest),
  };
}

function classes({ link, unmarked, groups, guests }: TreePlan): ClassPlan[] {
  return [link, unmarked, ...groups.flatMap(({ group, guests: members }) => [group, ...members]), ...guests];
}

function use({ id, rate, ceil }: ClassPlan, { device }: TreePlan): Use {
  const figures = {
    bytes: 1_000_000,
    packets: 1000,
    dropped: 12,
    overlimits: 3,
    lended: 400,
    borrowed: 600,
    backlog: 3000,
    queued: 2,
  };
  return { device, id, at: 1000, spread: 0, rate, ceil, ...figures };
}

/** A guest that is not shaped, for these reasons. */
export const unshapedRow = (guest: string, ...faults: Partial<Fault>[]): GuestRow => ({
  guest,
  taps: [],
  state: 'unshaped',
  shaped: { out: false, in: false },
  faults: faults.map((fault) => ({ kind: 'filter', reason: 'why', ...fault })),
});
