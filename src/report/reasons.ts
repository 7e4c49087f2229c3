// The faults of guests in words: one line each, or one for many guests that share a reason.

import type { Fault, FaultKind } from '../observe/fault.ts';
import type { GuestRow, GuestState } from '../observe/guests.ts';
import type { ClassInUse } from '../observe/in-use.ts';
import type { InnerFault } from '../observe/tree-faults.ts';
import { label } from '../text/label.ts';

/** The reasons for many guests at once. Reasons of the policy have the same words for all. */
const ofMany: Partial<Record<FaultKind, string>> = {
  unknown: 'they run, and no load has seen that: they have no limit',
  missed: 'what kept the last load from shaping them is gone: they have no limit until the next sync',
  unloaded: 'virt-shaper unload has taken all limits out',
  'tap-gone': 'their taps are gone',
  'tap-missing': 'libvirt names taps of theirs that are no devices',
  'tap-moved': 'their taps are no ports of their bridges any more',
  route: 'the host routes what they send to devices that are no uplinks of theirs',
  class: 'their classes are missing in the kernel',
  redirect: 'their taps have no clsact or filter of ours, so what they receive is not shaped',
  occupied: 'their taps have an ingress qdisc of others, which leaves no room for ours',
  filter: 'filters of others take what they send or receive away from ours',
  down: 'their taps are down',
  table: 'the nftables table does not lead their frames to their classes',
  changed: 'their classes in the kernel have other rates or queues than they should',
  aside: 'what goes by way of the host meets no class of theirs',
};

/** More than this share a line. */
const each = 3;

interface Reason {
  guest: string;
  fault: Fault;
  state: GuestState;
}

/** @returns a line for each fault */
export function describeInner(faults: InnerFault[]): string[] {
  const nameOf = ({ kind, name }: ClassInUse) =>
    kind === 'group' ? `group ${label(name)}` : kind === 'link' ? `link ${name}` : kind;
  return faults.map(({ one, fault }) => `${nameOf(one)}: ${fault.reason}`);
}

/** @returns lines: first faults, then guests that are left out by configuration */
export function describeReasons(rows: GuestRow[]): string[] {
  const all = rows.flatMap((row) =>
    row.faults.map((fault): Reason => ({ guest: row.guest, fault, state: row.state })),
  );
  const leftOut = all.filter(({ state }) => state === 'left out');
  const wrong = all.filter(({ state }) => state !== 'left out');
  return [wrong, leftOut].flatMap((list) => [...bySubject(list).values()].flatMap(describe));
}

/** The remedies, each once; for similar ones the first. */
export function hints(rows: GuestRow[], inner: InnerFault[]): string[] {
  const all = [...rows.flatMap((row) => row.faults), ...inner.map(({ fault }) => fault)];
  const remedies = new Map<FaultKind, Set<string>>();
  for (const { kind, remedy } of all) {
    const known = remedies.get(kind) ?? new Set();
    if (remedy !== undefined) remedies.set(kind, known.add(remedy));
  }
  return [...new Set([...remedies.values()].flatMap((some) => [...some].slice(0, each)))];
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
  if (names.length <= each)
    return reasons.map(({ guest, fault }) => `${subjectOf(guest, fault)}: ${fault.reason}`);
  const shown = names.slice(0, each).map(label).join(', ');
  const reason = ofMany[first.fault.kind] ?? first.fault.reason;
  return [`${shown} and ${names.length - each} more: ${reason}`];
}

/** The guest, with the NIC where the reason is about that and does not name it. */
function subjectOf(guest: string, { kind, tap }: Fault): string {
  const isAboutNic = kind === 'rule' || kind === 'filter' || kind === 'program';
  return isAboutNic && tap !== undefined ? `${label(guest)}, ${tap}` : label(guest);
}
