// Why a guest that should be shaped is not, as far as it shows without walking every filter: `verify` does that.

import type { Port } from '../host/host.ts';
import type { Owners } from '../kernel/nft/owners.ts';
import { shownRate } from '../kernel/tc/values.ts';
import type { Unshaped } from '../policy/policy.ts';
import { formatRate } from '../units/rate.ts';
import { type Both, type Direction, directions } from '../units/units.ts';
import type { Holding } from './attachments.ts';
import type { ClassInUse, UplinkInUse } from './in-use.ts';

/**
 * The policy's own kinds, and the kernel's: `tap-gone`, `tap-moved` to another bridge, `class` missing,
 * `redirect` (the tap's clsact) missing, `table` without its frames, `changed` by somebody to other rates.
 */
export type FaultKind =
  | Unshaped['kind']
  | 'tap-gone'
  | 'tap-moved'
  | 'class'
  | 'redirect'
  | 'table'
  | 'changed';

export interface Fault {
  kind: FaultKind;
  /** In words that follow the guest's name and a colon. */
  reason: string;
  /** What to do about it, where that is told by nothing else. */
  remedy?: string;
  /** Absent when it concerns both. */
  direction?: Direction;
  /** Absent when it concerns all. */
  tap?: string;
}

interface Subject {
  /** Of its uplink. */
  ports: Port[];
  taps: Port[];
  classes: Both<ClassInUse>;
}

const verbs = { out: 'sends', in: 'receives' };

export function findFaults(subject: Subject, holding: Holding): Fault[] {
  const { taps, classes } = subject;
  return [
    ...directions.flatMap((direction) => classFaults(direction, classes[direction])),
    ...taps.flatMap((tap) => tapFaults(tap, subject, holding)),
  ];
}

/** A class that is no guest's, with what is wrong about it. */
export interface InnerFault {
  one: ClassInUse;
  fault: Fault;
}

/** Of links, groups and what belongs to nobody: whoever is below them feels it. */
export function findInnerFaults(uplinks: UplinkInUse[]): InnerFault[] {
  return uplinks.flatMap(({ trees }) =>
    directions.flatMap((direction) => {
      const { link, unmarked, groups } = trees[direction];
      return [link, ...groups.map(({ group }) => group), unmarked].flatMap((one) =>
        classFaults(direction, one).map((fault) => ({ one, fault })),
      );
    }),
  );
}

function classFaults(direction: Direction, { device, id, use, loaded, rate, ceil }: ClassInUse): Fault[] {
  if (!use) return [{ kind: 'class', direction, reason: `there is no class ${id} on ${device}` }];
  if (!loaded) return [];
  const held = { rate, ceil };
  const changes = (['rate', 'ceil'] as const)
    .filter((value) => shownRate(loaded[value]) !== shownRate(held[value]))
    .map((value) => `${value} ${formatRate(held[value])}, loaded with ${formatRate(loaded[value])}`);
  const reason = `somebody has changed class ${id} on ${device}: ${changes.join('; ')}`;
  return [{ kind: 'changed', direction, reason }];
}

function tapFaults(
  { name: tap, bridge }: Port,
  { ports: ways, classes }: Subject,
  holding: Holding,
): Fault[] {
  const { devices, ports, clsacts, table } = holding;
  if (!devices.has(tap)) return [{ kind: 'tap-gone', tap, reason: `its tap ${tap} is gone` }];
  if (!ports.get(bridge)?.has(tap)) {
    return [{ kind: 'tap-moved', tap, reason: `its tap ${tap} is no port of ${bridge} any more` }];
  }
  if (table.kind === 'missing') {
    return [{ kind: 'table', tap, reason: 'the nftables table bridge virt-shaper is not there' }];
  }
  const faults: Fault[] = [];
  for (const direction of directions) {
    const pairs = ways.map(({ name: port }) =>
      direction === 'out' ? `${tap} . ${port}` : `${port} . ${tap}`,
    );
    if (table.kind !== 'changed' || !pairs.some((pair) => isLost(table, classes[direction].id, pair)))
      continue;
    const reason = `the nftables table does not lead what ${tap} ${verbs[direction]} to its class`;
    faults.push({ kind: 'table', direction, tap, reason });
  }
  if (!clsacts.has(tap)) {
    const reason = `${tap} has no clsact, so what it receives does not pass ${classes.in.device}`;
    faults.push({ kind: 'redirect', direction: 'in', tap, reason });
  }
  return faults;
}

function isLost({ held, loaded }: { held: Owners; loaded: Owners }, id: string, pair: string): boolean {
  return loaded.get(id)?.has(pair) === true && held.get(id)?.has(pair) !== true;
}
