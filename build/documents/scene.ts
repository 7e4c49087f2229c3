// The host of the documents' screens: what its configuration makes is made by the pipeline, what passes is told here.
// Everything else, sums, states and reasons, is the program's own.

import { guestRows } from '../../src/observe/guests.ts';
import { joinUplinks } from '../../src/observe/in-use.ts';
import { joinLimits } from '../../src/observe/limits.ts';
import type { InUse } from '../../src/observe/read-in-use.ts';
import { type Use, type Uses, useKey } from '../../src/observe/use.ts';
import type { Inputs, Outputs } from '../../src/pipeline.ts';
import type { ClassPlan, TreePlan } from '../../src/plan/plan.ts';
import { everyday, type Moment } from '../../src/policy/moment/moment.ts';
import { type InForce, inForceText } from '../../src/store/in-force-plan.ts';
import { directions } from '../../src/units/units.ts';
import { healthy } from '../../test/support/facts.ts';
import { generateFor, makeWorld, noneChosen, templates } from '../../test/support/world.ts';

const config = `[uplink.eth0]
ceil = "1gbit"

[group.friends]
ceil = "30mbit"

[guest."cl*"]
group = "friends"
rate = "5mbit"

[guest.cliff]
group = "friends"
rate = "20mbit"
ceil = { out = "50mbit", in = "25mbit" }
burst = "64k"
storm = 500

[guest.rob]
group = "friends"
rate = "15mbit"
ceil = "30mbit"

[guest.jason]
rate = "30mbit"
ceil = "100mbit"
local = "200mbit"

[guest.database]
rate = "20mbit"
ceil = "20mbit"
`;

const taps = { cliff: 'vnet0', rob: 'vnet1', jason: 'vnet2', database: 'vnet3', bob: 'vnet4' };

/** Megabits per second, packets per second that are dropped, kilobytes that wait; sending and receiving. */
const traffic: Record<string, Record<'out' | 'in', [now: number, drops: number, backlog: number]>> = {
  cliff: { out: [28.2, 3, 94], in: [0.41, 0, 0] },
  rob: { out: [1.64, 0, 1.5], in: [29.4, 4, 98.4] },
  jason: { out: [6.64, 0, 0], in: [0.09, 0, 0] },
  database: { out: [19.5, 0, 54.5], in: [0.45, 0, 0] },
  unmarked: { out: [4.1, 0, 0], in: [2.3, 0, 0] },
  flooded: { out: [0, 0, 0], in: [0.06, 0, 0] },
};

export const interval = 1;

/** What the pipeline was given and what it made. */
export function makeHost(moment: Moment = everyday): { inputs: Inputs; outputs: Outputs } {
  const nics = Object.entries(taps).map(([guest, tap], at): [string, string] => [
    guest,
    `${tap}@br0/52:54:00:6d:90:0${at + 1}`,
  ]);
  const world = { ...makeWorld(config, Object.fromEntries(nics)), moment };
  return {
    inputs: { ...world, chosen: noneChosen, templates, source: 'config.toml' },
    outputs: generateFor(world),
  };
}

/** @param broken taps whose clsact somebody has taken away */
export function makeUse({ plan, policy }: Outputs, broken: string[] = []): { inUse: InUse; before: Uses } {
  const inForce: InForce = JSON.parse(inForceText({ plan, policy }));
  const uses: Uses = new Map();
  const before: Uses = new Map();
  for (const { trees } of inForce.uplinks) {
    for (const way of directions) for (const one of usesOf(trees[way])) note(one.now, one.past);
  }
  function note(now: Use, past: Use): void {
    uses.set(useKey(now.device, now.id), now);
    before.set(useKey(past.device, past.id), past);
  }
  const marks = inForce.uplinks.flatMap((uplink) =>
    uplink.taps.map(({ name, mark }) => [name, mark] as const),
  );
  const facts = healthy(new Map(marks));
  const uplinks = joinUplinks(inForce, uses, before, facts.roots);
  for (const tap of broken) facts.clsacts.delete(tap);
  return {
    before,
    inUse: {
      loaded: true,
      inForce,
      uplinks,
      guests: guestRows(inForce, uplinks, facts),
      inner: [],
      limits: joinLimits(inForce.limits ?? [], ''),
      allowances: { quotas: [], credits: [] },
      forgers: [],
      uuids: new Map(),
      table: 'as loaded',
      uses,
      interval: interval * 1000,
    },
  };
}

/** Each class a minute after it was made, and a second before that. */
function usesOf({ direction, device, link, unmarked, flooded, groups, guests }: TreePlan) {
  const of = (plan: ClassPlan, names: string[]) => {
    const figures = names.map((name) => traffic[name]?.[direction] ?? [0, 0, 0]);
    const [now, drops, backlog] = [0, 1, 2].map((at) =>
      figures.reduce((sum, one) => sum + (one[at] ?? 0), 0),
    );
    const second = Math.round(((now ?? 0) * 1e6) / 8);
    const at = (seconds: number): Use => ({
      device,
      id: plan.id,
      at: seconds * 1000,
      spread: 0,
      rate: plan.rate,
      ceil: plan.ceil,
      bytes: seconds * second,
      packets: Math.round((seconds * second) / 1000),
      dropped: seconds * (drops ?? 0),
      overlimits: seconds * (drops ?? 0) * 2,
      lended: Math.round((seconds * second) / 3000),
      borrowed: Math.round((seconds * second) / 1500),
      backlog: Math.round((backlog ?? 0) * 1000),
      queued: Math.round((backlog ?? 0) / 1.5),
      ...(plan.leaf ? { queue: plan.leaf.kind } : {}),
    });
    return { now: at(60), past: at(60 - interval) };
  };
  const all = groups.flatMap((group) => group.guests.map(({ name }) => name));
  const alone = guests.map(({ name }) => name);
  return [
    of(link, [...all, ...alone, 'unmarked', 'flooded']),
    of(unmarked, ['unmarked']),
    ...(flooded ? [of(flooded, ['flooded'])] : []),
    ...groups.flatMap(({ group, guests: members }) => [
      of(
        group,
        members.map(({ name }) => name),
      ),
      ...members.map((one) => of(one, [one.name])),
    ]),
    ...guests.map((one) => of(one, [one.name])),
  ];
}
