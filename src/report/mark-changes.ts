// Whose marks in the nftables table come, go or change. A guest behind an obstacle loses his, since they lead nowhere, though
// none of his classes changes.
import type { Found } from '../diff/difference.ts';
import { readElements } from '../kernel/nft/owners.ts';
import { classId } from '../plan/names.ts';

export interface MarkChange {
  /** As classes have it: `guest cliff`, or the class itself where nobody knows whose it is. */
  subject: string;
  action: 'add' | 'change' | 'remove';
}

/** In the order of the elements; one for each subject. */
export function markChangesOf(found: Found): MarkChange[] {
  const [before, after] = [readElements(found.from.ruleset), readElements(found.to.ruleset)];
  const subjects = subjectsOf(found);
  const changes = new Map<string, MarkChange>();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(key), after.get(key)];
    if (was === is) continue;
    const action = was === undefined ? 'add' : is === undefined ? 'remove' : 'change';
    for (const id of new Set([was, is].flatMap((value) => classOf(value) ?? []))) {
      const subject = subjects.get(minorOf(id)) ?? `class ${id}`;
      const known = changes.get(subject);
      changes.set(subject, { subject, action: known && known.action !== action ? 'change' : action });
    }
  }
  return [...changes.values()];
}

/** The class of a mark: the lower 16 bits are the guest's id; 0 marks frames that arrived by an uplink, which belong to no guest. */
function classOf(value = ''): string | undefined {
  if (value.startsWith('0x')) {
    const id = Number(value) & 0xffff;
    return id === 0 ? undefined : classId('out', id);
  }
  return value.match(/^class (.+)$/)?.[1];
}

/** The subject of each class, by the minor of its id: behind an obstacle only the class of one direction is there. */
function subjectsOf({ from, to, loaded }: Found): Map<string, string> {
  const subjects = new Map<string, string>();
  for (const state of [to, loaded, from]) {
    for (const { kind, id, subject } of state?.objects.values() ?? []) {
      const minor = minorOf(id);
      if (kind === 'class' && subject !== undefined && !subjects.has(minor)) subjects.set(minor, subject);
    }
  }
  return subjects;
}

function minorOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}
