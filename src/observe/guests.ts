// A line for each guest and uplink: what it may have, what it does, and whether all of that holds in the kernel
// now. What is not shaped by the policy has its line too, with the policy's reason.
import { bridgesOf, type Port } from '../host/host.ts';
import type { Unshaped } from '../policy/policy.ts';
import type { InForce } from '../store/in-force-plan.ts';
import { directions } from '../units/units.ts';
import type { Holding } from './attachments.ts';
import { type Fault, type FaultKind, findFaults } from './faults.ts';
import { type ClassInUse, naturally, type UplinkInUse } from './in-use.ts';

/**
 * In text, JSON and metrics alike. `shaped`: in both directions. `partly`: in one, or not by all of its taps.
 * `unshaped`: its frames pass without limit, or share what is left to everything else. `gone`: it has no tap any
 * more, so there is nothing to shape. `left out`: not shaped, as the policy has it.
 */
export type GuestState = 'shaped' | 'partly' | 'unshaped' | 'gone' | 'left out';

export interface GuestRow {
  guest: string;
  group?: string;
  /** Absent with `out` and `in` for what the policy leaves out. */
  uplink?: string;
  /** Those that its taps are in, in name order. */
  bridges?: string[];
  taps: string[];
  out?: ClassInUse;
  in?: ClassInUse;
  state: GuestState;
  /** Why it is not shaped as it should be, or what else to know. */
  faults: Fault[];
}

/** Kinds of reasons that are no trouble: nobody asked for more. */
const wished: FaultKind[] = ['unlisted', 'needless', 'unsuited'];

/** In the order of uplinks, then names; what the policy leaves out last. */
export function guestRows(inForce: InForce, uplinks: UplinkInUse[], holding: Holding): GuestRow[] {
  const shaped = uplinks.flatMap((uplink, index) =>
    rowsOf(uplink, inForce.uplinks[index]?.taps ?? [], holding),
  );
  const left = inForce.unshaped.filter((entry) => {
    const rows = shaped.filter((row) => isAbout(entry, row));
    for (const { faults } of rows) faults.push(policyFault(entry));
    return rows.length === 0;
  });
  return [...shaped, ...left.map(rowOfUnshaped)];
}

/** Guests that are shaped all the same, though not as they would be. */
function isAbout({ guest, tap, kind }: Unshaped, row: GuestRow): boolean {
  if (kind !== 'refused' && kind !== 'contested') return false;
  return row.guest === guest && (tap === undefined || row.taps.includes(tap));
}

function rowsOf(
  { name: uplink, ports, trees }: UplinkInUse,
  taps: InForce['uplinks'][number]['taps'],
  holding: Holding,
): GuestRow[] {
  const tapsOf = new Map<string, Port[]>();
  for (const { guest, ...tap } of taps) tapsOf.set(guest, [...(tapsOf.get(guest) ?? []), tap]);
  const inbound = new Map(membersOf(trees.in).map(({ member }) => [member.name, member]));
  return membersOf(trees.out)
    .sort((a, b) => naturally(a.member, b.member))
    .map(({ member: out, group }) => {
      const both = { out, in: inbound.get(out.name) as ClassInUse };
      const own = tapsOf.get(out.name) ?? [];
      const names = own.map(({ name }) => name);
      const faults = findFaults({ ports, taps: own, classes: both }, holding);
      return {
        guest: out.name,
        ...(group === undefined ? {} : { group }),
        uplink,
        bridges: bridgesOf({ ports: own }),
        taps: names,
        ...both,
        state: stateOf(names, faults),
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

function stateOf(taps: string[], faults: Fault[]): GuestState {
  const gone = faults.filter(({ kind }) => kind === 'tap-gone').length;
  if (gone === taps.length) return 'gone';
  const broken = faults.filter(({ kind }) => kind !== 'tap-gone' && kind !== 'changed');
  if (broken.length === 0) return 'shaped';
  const whole = directions.every((direction) => {
    const own = broken.filter((fault) => !fault.direction || fault.direction === direction);
    const passing = new Set(own.flatMap(({ tap }) => tap ?? []));
    return own.some(({ tap }) => !tap) || passing.size + gone === taps.length;
  });
  return whole ? 'unshaped' : 'partly';
}

function rowOfUnshaped(entry: Unshaped): GuestRow {
  const taps = entry.tap ? [entry.tap] : [];
  const state = wished.includes(entry.kind) ? 'left out' : 'unshaped';
  return { guest: entry.guest, taps, state, faults: [policyFault(entry)] };
}

function policyFault({ kind, reason, remedy, tap }: Unshaped): Fault {
  return { kind, reason, ...(remedy ? { remedy } : {}), ...(tap ? { tap } : {}) };
}
