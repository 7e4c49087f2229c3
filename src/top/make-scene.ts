// Two readings of the kernel -> the scene. Speeds were computed by the reader; packets and drops per second are computed here,
// over the same interval.

import { repair } from '../observe/fault.ts';
import type { GuestRow } from '../observe/guests.ts';
import type { ClassInUse, UplinkInUse } from '../observe/in-use.ts';
import type { InUse } from '../observe/read-in-use.ts';
import { type Uses, useKey } from '../observe/use.ts';
import { bytesLeft } from '../observe/volumes.ts';
import { forNowText } from '../report/for-now.ts';
import { describeReasons } from '../report/reasons.ts';
import { nobodyRuns } from '../report/summary.ts';
import { printable } from '../system/printable.ts';
import { type Both, both } from '../units/units.ts';
import type { Flow, Row, Scene } from './scene.ts';

/** @param before the counters of the previous reading, from which the speeds of `inUse` were computed; absent for the first */
export function makeScene(inUse: InUse, before: Uses | undefined, host: string, at: number): Scene {
  const flow = (classes: Both<ClassInUse>) => both((direction) => flowOf(classes[direction], before));
  const left = bytesLeft(inUse.allowances);
  return {
    at,
    host: printable(host),
    links: inUse.uplinks.map(({ name, trees }) => {
      return { name, flow: flow({ out: trees.out.link, in: trees.in.link }) };
    }),
    rows: [
      ...inUse.guests.map((row) => ({ ...guestRow(row, flow), left: left(row.guest, row.group) })),
      ...inUse.uplinks.flatMap((uplink) => [
        ...groupRows(uplink, flow).map((row) => ({ ...row, left: left(undefined, row.name) })),
        unmarkedRow(uplink, flow),
        ...floodedRow(uplink, before),
      ]),
    ],
    allowances: inUse.allowances,
    ...remarkOf(inUse),
  };
}

function remarkOf({ loaded, inForce, table, guests }: InUse): Pick<Scene, 'trouble' | 'note'> {
  if (!loaded) return { trouble: 'nothing is loaded; virt-shaper status says what there is' };
  if (inForce.uplinks.length === 0 && guests.every(({ state }) => state === 'left out')) {
    return { note: nobodyRuns };
  }
  if (table === 'missing') {
    return { trouble: `nobody is shaped: the nftables table is not there; ${repair} repairs it` };
  }
  // A guest that is left out has no figures, and its reason in their place.
  const [first, ...more] = describeReasons(guests.filter(({ state }) => state === 'partly'));
  if (first === undefined) return {};
  const rest = more.length > 0 ? `; ${more.length} more, virt-shaper status says what` : '';
  return { trouble: printable(`${first}${rest}`) };
}

type ToFlow = (classes: Both<ClassInUse>) => Both<Flow>;

function guestRow(row: GuestRow, flow: ToFlow): Row {
  const { guest, group, uplink, out, in: into, taps, state, shaped, faults } = row;
  const now = out && into ? forNowText({ out, in: into }) : undefined;
  const note = [...faults.map(({ reason }) => reason), ...(now === undefined ? [] : [now])].join('; ');
  return {
    kind: 'guest',
    name: guest,
    ...(group === undefined ? {} : { group }),
    ...(uplink === undefined ? {} : { uplink }),
    ...(out && into ? { flow: flow({ out, in: into }) } : {}),
    state,
    shaped,
    faults,
    // A NIC without an uplink has a row of its own, and its note names it.
    ...(note ? { note: printable(uplink === undefined && taps[0] ? `${taps[0]}: ${note}` : note) } : {}),
  };
}

function groupRows({ name: uplink, trees }: UplinkInUse, flow: ToFlow): Row[] {
  const inbound = new Map(trees.in.groups.map(({ group }) => [group.name, group]));
  return trees.out.groups.flatMap(({ group: out }): Row[] => {
    const into = inbound.get(out.name);
    return into
      ? [
          {
            kind: 'group',
            name: out.name,
            uplink,
            flow: flow({ out, in: into }),
            ...noteOf({ out, in: into }),
          },
        ]
      : [];
  });
}

function unmarkedRow({ name: uplink, trees }: UplinkInUse, flow: ToFlow): Row {
  const classes = { out: trees.out.unmarked, in: trees.in.unmarked };
  return { kind: 'unmarked', name: 'unmarked', uplink, flow: flow(classes), ...noteOf(classes) };
}

function noteOf(classes: Both<ClassInUse>): Pick<Row, 'note'> {
  const note = forNowText(classes);
  return note === undefined ? {} : { note };
}

function floodedRow({ name: uplink, trees }: UplinkInUse, before: Uses | undefined): Row[] {
  const { flooded } = trees.in;
  if (!flooded) return [];
  return [{ kind: 'flooded', name: 'flooded', uplink, flow: { out: {}, in: flowOf(flooded, before) } }];
}

function flowOf({ device, id, rate, ceil, forNow, now, use }: ClassInUse, before: Uses | undefined): Flow {
  const former = before?.get(useKey(device, id));
  const perSecond = (key: 'packets' | 'dropped') =>
    use && former && use.at > former.at && use[key] >= former[key]
      ? ((use[key] - former[key]) * 1000) / (use.at - former.at)
      : undefined;
  return {
    rate,
    ceil,
    forNow,
    now,
    packets: perSecond('packets'),
    drops: perSecond('dropped'),
    backlog: use?.backlog,
  };
}
