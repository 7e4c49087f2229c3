// The subjects that bytes are counted for: a guest, a group, and of each uplink its total, its unmarked and its flooded
// traffic. A class's owner is in the plan, or in the comment of its line in shape.tc.
import type { ClassPlan, UplinkPlan } from '../plan/plan.ts';
import { unlabel } from '../text/label.ts';
import { type Direction, directions } from '../units/units.ts';

export const subjectKinds = ['guest', 'group', 'uplink', 'unmarked', 'flooded'] as const;
export type SubjectKind = (typeof subjectKinds)[number];

/** `guest cliff`: kind and name. The last three kinds have the name of their uplink. */
export type LedgerSubject = `${SubjectKind} ${string}`;

export interface Owner {
  subject: LedgerSubject;
  /** The guest's group, if it has one. */
  group?: string;
}

/** Keyed by device, then by class id. */
export type LedgerOwners = Map<string, Map<string, Owner>>;

export function ledgerSubject(kind: SubjectKind, name: string): LedgerSubject {
  return `${kind} ${name}`;
}

export function splitSubject(subject: LedgerSubject): { kind: SubjectKind; name: string } {
  const blank = subject.indexOf(' ');
  return { kind: subject.slice(0, blank) as SubjectKind, name: subject.slice(blank + 1) };
}

/** The direction of a class: the major number of its tree decides (plan/names.ts). */
export function directionOf(id: string): Direction {
  return id.startsWith('2:') ? 'in' : 'out';
}

/** @param comment of a line of shape.tc @returns nothing where it names no subject that this class alone counts for */
export function subjectOfLine(comment: string | undefined): LedgerSubject | undefined {
  const [, kind, name] = /^(guest|group|link) (\S.*)$/.exec(comment ?? '') ?? [];
  const plain = name === undefined ? undefined : unlabel(name);
  if (plain === undefined) return undefined;
  return ledgerSubject(kind === 'guest' || kind === 'group' ? kind : 'uplink', plain);
}

export function ownersOf(uplinks: UplinkPlan[]): LedgerOwners {
  const owners: LedgerOwners = new Map();
  for (const { name, trees } of uplinks) {
    for (const direction of directions) {
      const { device, link, unmarked, flooded, groups, guests } = trees[direction];
      const own = new Map<string, Owner>();
      const put = ({ id }: ClassPlan, owner: Owner) => own.set(id, owner);
      put(link, { subject: ledgerSubject('uplink', name) });
      put(unmarked, { subject: ledgerSubject('unmarked', name) });
      if (flooded) put(flooded, { subject: ledgerSubject('flooded', name) });
      for (const guest of guests) put(guest, { subject: ledgerSubject('guest', guest.name) });
      for (const { group, guests: members } of groups) {
        put(group, { subject: ledgerSubject('group', group.name) });
        for (const guest of members)
          put(guest, { subject: ledgerSubject('guest', guest.name), group: group.name });
      }
      owners.set(device, own);
    }
  }
  return owners;
}
