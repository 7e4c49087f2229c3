// The rows of `status`, one for each guest and uplink: its limits, its traffic, and its faults in the kernel now. NICs that the policy
// does not shape have rows too, with the policy's reason.
import { bridgesOf } from '../host/host.ts';
import type { TapPlan } from '../plan/plan.ts';
import { type Unshaped, wished } from '../policy/policy.ts';
import type { InForce, Obstacle } from '../store/in-force-plan.ts';
import { naturally } from '../units/naturally.ts';
import { type Both, both, type Direction, directions } from '../units/units.ts';
import type { Facts } from './facts.ts';
import { type Fault, type FaultKind, notes } from './fault.ts';
import { type Look, makeJudge } from './faults.ts';
import type { ClassInUse, UplinkInUse } from './in-use.ts';
import { makeLook } from './way/way.ts';

/**
 * The same words in text, JSON and metrics. `shaped`: in both directions. `partly`: in one, or not on all of its taps. `unshaped`: its
 * frames pass without limit, or in the unmarked class. `gone`: it has no tap any more. `left out`: not shaped by configuration.
 */
export type GuestState = 'shaped' | 'partly' | 'unshaped' | 'gone' | 'left out';

export interface GuestRow {
  guest: string;
  group?: string;
  /** Absent, like `out` and `in`, for NICs that the rules in force do not cover. */
  uplink?: string;
  /** The bridges of its taps, in name order. */
  bridges?: string[];
  taps: string[];
  out?: ClassInUse;
  in?: ClassInUse;
  state: GuestState;
  /** Whether all its frames in a direction reach its class. */
  shaped: Both<boolean>;
  /** Its faults and notes. */
  faults: Fault[];
}

/**
 * @returns rows in the order of uplinks, then names; those that the policy or the rules in force do not cover are last
 * @param strays running guests, or NICs, that the rules in force do not cover
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

/** Whether a reason of the policy is about this row, of a guest that is shaped nevertheless: `refused` or `contested`. */
function isAbout({ guest, tap, kind }: Unshaped, row: GuestRow): boolean {
  if (kind !== 'refused' && kind !== 'contested') return false;
  return row.guest === guest && (tap === undefined || row.taps.includes(tap));
}

function rowsOf(
  uplink: UplinkInUse,
  taps: TapPlan[],
  facts: Facts,
  look: Look,
  refused: Obstacle[],
): GuestRow[] {
  const { name, trees } = uplink;
  const judge = makeJudge(
    uplink,
    facts,
    look,
    refused.filter((one) => one.uplink === name),
  );
  const tapsOf = new Map<string, TapPlan[]>();
  for (const tap of taps) {
    const known = tapsOf.get(tap.guest);
    if (known) known.push(tap);
    else tapsOf.set(tap.guest, [tap]);
  }
  const inbound = new Map(membersOf(trees.in).map(({ member }) => [member.name, member]));
  return membersOf(trees.out)
    .sort((a, b) => naturally(a.member, b.member))
    .map(({ member: out, group }) => {
      const classes = { out, in: inbound.get(out.name) as ClassInUse };
      const nics = tapsOf.get(out.name) ?? [];
      const names = nics.map((nic) => nic.name);
      const faults = judge({ guest: out.name, taps: nics, classes });
      const shaped = both((direction) => passesBy(direction, names, faults) === 'none');
      return {
        guest: out.name,
        ...(group === undefined ? {} : { group }),
        uplink: name,
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

/** How many of its existing taps are not shaped in a direction. */
function passesBy(direction: Direction, taps: string[], faults: Fault[]): 'none' | 'some' | 'all' {
  if (faults.length === 0) return taps.length === 0 ? 'all' : 'none';
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

/** A running guest, or one of its NICs, that the rules in force do not cover. */
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
