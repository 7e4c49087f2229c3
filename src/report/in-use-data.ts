// The JSON of `status` and `tree` (docs/output.md): rates in bits per second, sizes in bytes, counters since the class was created. A
// guest, a class and a fault have the same shape in every command.

import type { Freshness } from '../observe/freshness.ts';
import type { GuestRow } from '../observe/guests.ts';
import type { ClassInUse, TreeInUse, UplinkInUse } from '../observe/in-use.ts';
import type { InUse } from '../observe/read-in-use.ts';
import { timeToConfirm } from '../store/pending.ts';
import { type Both, both } from '../units/units.ts';
import { forNowAsData } from './for-now.ts';
import { problemAsData } from './problems.ts';
import { countGuests } from './summary.ts';
import { creditsAsData, quotasAsData } from './volumes.ts';

/** The version of every --json: incremented when a field is removed or changes its meaning. */
export const dataVersion = 1;

/** A class without its name; one that the kernel lacks has no counters. */
function classAsData({ use, device, id, now, rate, configured, ceil, forNow }: ClassInUse): object {
  const { bytes, packets, dropped, overlimits, backlog, queued } = use ?? {};
  return {
    rate,
    ...(configured === undefined ? {} : { configured }),
    ceil,
    ...(forNow ? { forNow: forNowAsData(forNow) } : {}),
    ...(now === undefined ? {} : { now: Math.round(now) }),
    device,
    class: id,
    inKernel: use !== undefined,
    ...(use ? { bytes, packets, dropped, overlimits, backlog, queued } : {}),
  };
}

export function statusAsData(inUse: InUse, asked: Freshness): object {
  const { guests, uplinks, table, interval, limits, allowances, forgers } = inUse;
  const { at, error } = asked.history.last;
  return {
    version: dataVersion,
    loaded: asked.loaded,
    unloaded: asked.off
      ? { since: new Date(asked.off.at).toISOString(), by: asked.off.by, why: asked.off.why }
      : null,
    lastLoad: {
      ...(at === undefined ? {} : { at: new Date(at).toISOString() }),
      ...(error ? { error } : {}),
    },
    unconfirmed: asked.pending
      ? { until: new Date(Date.now() + timeToConfirm(asked.pending)).toISOString() }
      : null,
    configChanged: asked.configChanged,
    mistakes: asked.mistakes.map(problemAsData),
    rulesChanged: asked.rulesChanged,
    table,
    ...(interval === undefined ? {} : { interval: interval / 1000 }),
    counts: countGuests(guests),
    uplinks: uplinks.map(({ name: uplink, ports, trees }) => ({
      uplink,
      ports,
      ...both((way) => classAsData(trees[way].link)),
    })),
    unmarked: uplinks.map(({ name: uplink, trees }) => ({
      uplink,
      ...both((way) => classAsData(trees[way].unmarked)),
    })),
    flooded: uplinks.flatMap(({ name: uplink, trees }) => {
      const { flooded } = trees.in;
      return flooded ? { uplink, in: classAsData(flooded) } : [];
    }),
    groups: uplinks.flatMap((uplink) => groupsAsData(uplink)),
    guests: guests.map(guestAsData),
    limits,
    quotas: quotasAsData(allowances.quotas),
    credits: creditsAsData(allowances.credits),
    mayForge: forgers,
  };
}

export function treeAsData({ uplinks, guests }: InUse): object {
  return {
    version: dataVersion,
    uplinks: uplinks.map(({ name: uplink, ports, trees }) => ({
      uplink,
      ports,
      ...both((way) => treeData(trees[way])),
    })),
    guests: shapingAsData(guests),
  };
}

/** The state and faults of each guest, with the same fields in every command. */
export function shapingAsData(rows: GuestRow[]): object[] {
  return rows.map(({ out: _out, in: _in, ...row }) => row);
}

/** @returns an entry for each group of the uplink */
export function groupsAsData({ name: uplink, trees }: UplinkInUse): object[] {
  const classes = ({ groups }: TreeInUse) => new Map(groups.map(({ group }) => [group.name, group]));
  const all: Both<Map<string, ClassInUse>> = both((way) => classes(trees[way]));
  return [...all.out.keys()].map((group) => ({
    group,
    uplink,
    ...both((way) => classAsData(all[way].get(group) as ClassInUse)),
  }));
}

export function guestAsData({ out, in: inbound, ...row }: GuestRow): object {
  return {
    ...row,
    ...(out ? { out: classAsData(out) } : {}),
    ...(inbound ? { in: classAsData(inbound) } : {}),
  };
}

function treeData({ device, link, unmarked, flooded, groups, guests }: TreeInUse): object {
  const member = (one: ClassInUse) => ({ guest: one.name, ...classAsData(one) });
  return {
    device,
    link: classAsData(link),
    unmarked: classAsData(unmarked),
    ...(flooded ? { flooded: classAsData(flooded) } : {}),
    groups: groups.map(({ group, guests: members }) => ({
      group: group.name,
      ...classAsData(group),
      guests: members.map(member),
    })),
    guests: guests.map(member),
  };
}
