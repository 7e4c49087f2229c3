// Why guests are not shaped as they should be, in words: one line each, or one for many that share a reason.

import type { Fault, FaultKind, InnerFault } from '../observe/faults.ts';
import type { GuestRow, GuestState } from '../observe/guests.ts';
import type { ClassInUse } from '../observe/in-use.ts';
import { label } from '../text/label.ts';

/** Of many guests at once. The policy's own reasons are the same words for all. */
const ofMany: Partial<Record<FaultKind, string>> = {
  'tap-gone': 'their taps are gone',
  'tap-moved': 'their taps are no ports of their bridges any more',
  class: 'their classes are missing in the kernel',
  redirect: 'their taps have no clsact, so what they receive is not shaped',
  table: 'the nftables table does not lead their frames to their classes',
  changed: 'somebody has changed their classes in the kernel',
};

/** More than this share a line. */
const each = 3;

interface Reason {
  guest: string;
  fault: Fault;
  state: GuestState;
}

/** @returns lines, one for each */
export function describeInner(faults: InnerFault[]): string[] {
  const nameOf = ({ kind, name }: ClassInUse) =>
    kind === 'group' ? `group ${label(name)}` : kind === 'link' ? `link ${name}` : 'everything else';
  return faults.map(({ one, fault }) => `${nameOf(one)}: ${fault.reason}`);
}

/** @returns lines; first what is wrong, then who is left out because that is the policy */
export function describeReasons(rows: GuestRow[]): string[] {
  const all = rows.flatMap((row) =>
    row.faults.map((fault): Reason => ({ guest: row.guest, fault, state: row.state })),
  );
  const leftOut = all.filter(({ state }) => state === 'left out');
  const wrong = all.filter(({ state }) => state !== 'left out');
  return [wrong, leftOut].flatMap((list) => [...bySubject(list).values()].flatMap(describe));
}

/** What to do about it. */
export function hints(rows: GuestRow[], inner: InnerFault[]): string[] {
  const faults = [...rows.flatMap((row) => row.faults), ...inner.map(({ fault }) => fault)];
  const kinds = new Set(faults.map(({ kind }) => kind));
  const has = (...some: FaultKind[]) => some.some((kind) => kinds.has(kind));
  return [
    ...(has('class', 'redirect', 'table', 'changed')
      ? ['virt-shaper verify lists what the kernel holds otherwise, virt-shaper load repairs it']
      : []),
    ...new Set(faults.flatMap(({ remedy }) => remedy ?? [])),
    ...(has('tap-gone', 'tap-moved') ? ['virt-shaper sync finds where guests run now'] : []),
  ];
}

function bySubject(reasons: Reason[]): Map<string, Reason[]> {
  const groups = new Map<string, Reason[]>();
  for (const reason of reasons) {
    const key = ofMany[reason.fault.kind] ?? reason.fault.reason;
    const alike = groups.get(key);
    if (alike) alike.push(reason);
    else groups.set(key, [reason]);
  }
  return groups;
}

function describe(reasons: Reason[]): string[] {
  const names = [...new Set(reasons.map(({ guest }) => guest))];
  const [first] = reasons;
  if (!first) return [];
  if (names.length <= each) return reasons.map(({ guest, fault }) => `${label(guest)}: ${fault.reason}`);
  const shown = names.slice(0, each).map(label).join(', ');
  const reason = ofMany[first.fault.kind] ?? first.fault.reason;
  return [`${shown} and ${names.length - each} more: ${reason}`];
}
