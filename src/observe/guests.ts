// A line for each guest and uplink: what it may have, what it does, and whether all of that holds in the kernel
// now. What is not shaped by the policy has its line too, with the policy's reason.
import { bridgesOf } from '../host/host.ts';
import type { TapPlan } from '../plan/plan.ts';
import { type Unshaped, wished } from '../policy/policy.ts';
import type { InForce, Obstacle } from '../store/in-force-plan.ts';
import { type Both, both, type Direction, directions } from '../units/units.ts';
import type { Facts } from './facts.ts';
import { type Fault, type FaultKind, notes } from './fault.ts';
import { findFaults } from './faults.ts';
import { type ClassInUse, naturally, type UplinkInUse } from './in-use.ts';
import type { Way } from './way/passage.ts';
import { makeLook } from './way/way.ts';

/**
 * In text, JSON and metrics alike. `shaped`: in both directions. `partly`: in one, or not by all of its taps.
 * `unshaped`: its frames pass without limit, or share what is left to everything else. `gone`: it has no tap any
 * more, so there is nothing to shape. `left out`: not shaped, as the policy has it.
 */
export type GuestState = 'shaped' | 'partly' | 'unshaped' | 'gone' | 'left out';

export interface GuestRow {
  guest: string;
  group?: string;
  /** Absent with `out` and `in` for what no rule in force is about. */
  uplink?: string;
  /** Those that its taps are in, in name order. */
  bridges?: string[];
  taps: string[];
  out?: ClassInUse;
  in?: ClassInUse;
  state: GuestState;
  /** Whether all that its taps pass in a direction meets its class. */
  shaped: Both<boolean>;
  /** Why it is not shaped as it should be, or what else to know. */
  faults: Fault[];
}

/**
 * In the order of uplinks, then names; what the policy leaves out, and what no load has seen, last.
 * @param strays running guests, or NICs of theirs, that the rules in force do not know
 */
export function guestRows(
  inForce: InForce,
  uplinks: UplinkInUse[],
  facts: Facts,
  strays: Stray[] = [],
): GuestRow[] {
  const look = makeLook(facts);
  const refused = (inForce.obstacles ?? []).filter((one) => one.refused === 'tree');
  const shaped = uplinks.flatMap((uplink, index) =>
    rowsOf(uplink, inForce.uplinks[index]?.taps ?? [], facts, look, refused),
  );
  const left = inForce.unshaped.filter((entry) => {
    const rows = shaped.filter((row) => isAbout(entry, row));
    for (const { faults } of rows) faults.push(policyFault(entry));
    return rows.length === 0;
  });
  return [...shaped, ...left.map(rowOfUnshaped), ...strays.map(rowOfUnshaped)];
}

/** Guests that are shaped all the same, though not as they would be. */
function isAbout({ guest, tap, kind }: Unshaped, row: GuestRow): boolean {
  if (kind !== 'refused' && kind !== 'contested') return false;
  return row.guest === guest && (tap === undefined || row.taps.includes(tap));
}

function rowsOf(
  { name: uplink, ports, routes, arrival, trees }: UplinkInUse,
  taps: TapPlan[],
  facts: Facts,
  look: (way: Way) => Fault[],
  refused: Obstacle[],
): GuestRow[] {
  const own = refused.filter((one) => one.uplink === uplink);
  const tapsOf = new Map<string, TapPlan[]>();
  for (const tap of taps) tapsOf.set(tap.guest, [...(tapsOf.get(tap.guest) ?? []), tap]);
  const inbound = new Map(membersOf(trees.in).map(({ member }) => [member.name, member]));
  return membersOf(trees.out)
    .sort((a, b) => naturally(a.member, b.member))
    .map(({ member: out, group }) => {
      const classes = { out, in: inbound.get(out.name) as ClassInUse };
      const nics = tapsOf.get(out.name) ?? [];
      const names = nics.map(({ name }) => name);
      const faults = findFaults(
        { guest: out.name, uplink, ports, routes, arrival, taps: nics, classes, refused: own },
        facts,
        look,
      );
      const shaped = both((direction) => passesBy(direction, names, faults) === 'none');
      return {
        guest: out.name,
        ...(group === undefined ? {} : { group }),
        uplink,
        bridges: bridgesOf({ ports: nics }),
        taps: names,
        ...classes,
        state: stateOf(names, faults),
        shaped,
        faults,
      };
    });
}

function membersOf(tree: UplinkInUse['trees']['out']): { member: ClassInUse; group?: string }[] {
  return [
    ...tree.groups.flatMap(({ group, guests }) => guests.map((member) => ({ member, group: group.name }))),
    ...tree.guests.map((member) => ({ member })),
  ];
}

/** How many of its taps are not shaped in a direction, of those that are there. */
function passesBy(direction: Direction, taps: string[], faults: Fault[]): 'none' | 'some' | 'all' {
  const gone = new Set(faults.flatMap(({ kind, tap }) => (kind === 'tap-gone' && tap ? tap : [])));
  const there = taps.filter((tap) => !gone.has(tap));
  if (there.length === 0) return 'all';
  const broken = faults.filter(
    (fault) =>
      fault.kind !== 'tap-gone' &&
      !notes.includes(fault.kind) &&
      (fault.direction ?? direction) === direction,
  );
  if (broken.some(({ tap }) => tap === undefined)) return 'all';
  const passing = there.filter((tap) => broken.some((fault) => fault.tap === tap));
  return passing.length === 0 ? 'none' : passing.length === there.length ? 'all' : 'some';
}

function stateOf(taps: string[], faults: Fault[]): GuestState {
  if (faults.filter(({ kind }) => kind === 'tap-gone').length === taps.length) return 'gone';
  const passing = directions.map((direction) => passesBy(direction, taps, faults));
  if (passing.every((how) => how === 'none')) return 'shaped';
  return passing.every((how) => how === 'all') ? 'unshaped' : 'partly';
}

/** A running guest, or one NIC of it, that the rules in force do not know. */
export type Stray = Omit<Unshaped, 'kind'> & { kind: FaultKind };

function rowOfUnshaped(entry: Unshaped | Stray): GuestRow {
  const taps = entry.tap ? [entry.tap] : [];
  const shaped = { out: false, in: false };
  const state = entry.kind === 'tap-gone' ? 'gone' : wished.includes(entry.kind) ? 'left out' : 'unshaped';
  return { guest: entry.guest, taps, state, shaped, faults: [policyFault(entry)] };
}

function policyFault({ kind, reason, remedy, tap }: Unshaped | Stray): Fault {
  return { kind, reason, ...(remedy ? { remedy } : {}), ...(tap ? { tap } : {}) };
}
