// What status and tree show, as JSON: rates in bits per second, sizes in bytes, counters since the class was made.

import type { Asked } from '../observe/freshness.ts';
import type { GuestRow } from '../observe/guests.ts';
import type { ClassInUse, TreeInUse } from '../observe/in-use.ts';
import type { InUse } from '../observe/read-in-use.ts';
import { directions } from '../units/units.ts';
import { count } from './summary.ts';

/** Without the ways to say the same twice; a class that the kernel lacks has no counters. */
export function classAsData({ use, loaded: _loaded, device, id, now, ...rest }: ClassInUse): object {
  const { bytes, packets, dropped, overlimits, backlog, queued } = use ?? {};
  const counters = use ? { bytes, packets, dropped, overlimits, backlog, queued } : {};
  const speed = now === undefined ? {} : { now: Math.round(now) };
  return { ...rest, ...speed, device, class: id, inKernel: use !== undefined, ...counters };
}

export function statusAsData(inUse: InUse, asked: Asked): object {
  const { guests, uplinks, table, interval } = inUse;
  const { at, error } = asked.history.last;
  return {
    version: 1,
    loaded: asked.loaded,
    unloaded: asked.off
      ? { since: new Date(asked.off.at).toISOString(), by: asked.off.by, why: asked.off.why }
      : null,
    lastLoad: {
      ...(at === undefined ? {} : { at: new Date(at).toISOString() }),
      ...(error ? { error } : {}),
    },
    configChanged: asked.configChanged,
    rulesChanged: asked.rulesChanged,
    table,
    ...(interval === undefined ? {} : { interval: interval / 1000 }),
    counts: count(guests),
    uplinks: uplinks.map(({ name, ports, trees }) => ({
      name,
      ports,
      ...Object.fromEntries(directions.map((direction) => [direction, classAsData(trees[direction].link)])),
    })),
    guests: guests.map(guestAsData),
  };
}

export function treeAsData({ uplinks, guests }: InUse): object {
  return {
    version: 1,
    uplinks: uplinks.map(({ name, ports, trees }) => ({
      name,
      ports,
      trees: { out: treeData(trees.out), in: treeData(trees.in) },
    })),
    guests: shapingAsData(guests),
  };
}

/** Whether each guest is shaped, and why not: the same words in every view's data. */
export function shapingAsData(rows: GuestRow[]): object[] {
  return rows.map(({ guest, group, uplink, taps, state, shaped, faults }) => ({
    guest,
    ...(group === undefined ? {} : { group }),
    ...(uplink === undefined ? {} : { uplink }),
    taps,
    state,
    shaped,
    faults,
  }));
}

function guestAsData({ out, in: inbound, ...row }: GuestRow): object {
  return {
    ...row,
    ...(out ? { out: classAsData(out) } : {}),
    ...(inbound ? { in: classAsData(inbound) } : {}),
  };
}

function treeData({ direction, device, link, unmarked, groups, guests }: TreeInUse): object {
  return {
    direction,
    device,
    link: classAsData(link),
    unmarked: classAsData(unmarked),
    groups: groups.map(({ group, guests: members }) => ({
      group: classAsData(group),
      guests: members.map(classAsData),
    })),
    guests: guests.map(classAsData),
  };
}
