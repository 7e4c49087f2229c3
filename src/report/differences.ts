// The differences between the kernel and the rules, object by object (what, from, to, why), as text and as JSON.

import type { Action, Difference, Found } from '../diff/difference.ts';
import { readElements } from '../kernel/nft/owners.ts';
import type { TcObject } from '../kernel/objects.ts';
import { formatRate } from '../units/rate.ts';
import { changesOf } from './changes.ts';
import { dataVersion } from './in-use-data.ts';

/** For --json, in a stable format: the changes of each guest, and one entry for each object. */
export function differencesAsData(found: Found) {
  return {
    version: dataVersion,
    changes: changesOf(found, 'plan'),
    differences: found.list.map((one) => ({ subject: subjectOf(one, found), ...differenceAsData(one) })),
  };
}

export function differenceAsData(one: Difference) {
  const { effect, action, kind, device, held, wanted, ifb } = one;
  return {
    effect,
    action,
    kind,
    device,
    id: (wanted ?? held)?.id ?? ifb?.name ?? '',
    from: held?.values ?? null,
    to: wanted?.values ?? null,
    reason: reasonCode(one),
    ...(wanted?.place ? { line: wanted.place.at.line } : {}),
  };
}

type ReasonCode = 'missing' | 'surplus' | 'values' | 'parent' | 'owner' | 'down' | 'alias' | 'altered';

/** The kind of a difference in JSON; the figures are in `from` and `to`. */
function reasonCode({ action, kind, held, wanted, ifb, reason }: Difference): ReasonCode {
  if (action === 'add') return 'missing';
  if (action === 'remove') return 'surplus';
  if (ifb) return reason === 'it is down' ? 'down' : 'alias';
  if (kind === 'table') return 'altered';
  if (held && wanted && kind === 'class' && held.parent !== wanted.parent) return 'parent';
  return action === 'move' ? 'owner' : 'values';
}

const sign: Record<Action, string> = {
  add: '+',
  change: '~',
  move: '>',
  replace: '~',
  rebuild: '!',
  remove: '-',
};

export function reportDifferences(found: Found): string {
  const bySubject = new Map<string, string[]>();
  for (const one of found.list) {
    const subject = subjectOf(one, found);
    const lines = one.kind === 'table' ? tableLines(found, one) : [differenceLine(one)];
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), ...lines]);
  }
  const blocks = [...bySubject].map(
    ([subject, lines]) => `${subject}\n${lines.map((line) => `  ${line}\n`).join('')}`,
  );
  return `${blocks.join('')}${summary(found.list)}\n`;
}

function summary(list: Difference[]): string {
  const rates = list.filter(({ effect }) => effect === 'rates').length;
  const parts = [
    ...(rates > 0 ? [`${rates} to change in place`] : []),
    ...(list.length > rates ? [`${list.length - rates} to add, move or remove`] : []),
  ];
  return `${list.length} ${list.length === 1 ? 'difference' : 'differences'}: ${parts.join(', ')}`;
}

/** One object as a line: what, from, to, why. */
export function differenceLine({ action, kind, device, held, wanted, ifb, reason }: Difference): string {
  const object = wanted ?? held;
  const what = ifb
    ? `device ${ifb.name}`
    : kind === 'setting'
      ? device
      : `${kind} ${object?.id === kind ? '' : `${object?.id} `}on ${device}`;
  const values = describe(held, wanted);
  // A change in place needs no reason.
  return `${sign[action]} ${what}${values ? `: ${values}` : ''}${action === 'change' && values ? '' : `  (${reason})`}`;
}

/** `ceil 30mbit -> 40mbit` for a changed object, `rate 15mbit, ceil 30mbit` for one that comes or goes. */
function describe(held: TcObject | undefined, wanted: TcObject | undefined): string {
  const values = (wanted ?? held)?.values ?? {};
  return Object.keys(values)
    .filter((name) => name !== 'match' && name !== 'handle')
    .flatMap((name) => {
      const [from, to] = [show(name, held?.values[name]), show(name, wanted?.values[name])];
      if (held && wanted) return from === to || from === '' ? [] : [`${name} ${from} -> ${to}`];
      return ['rate', 'ceil', 'to', 'kind', 'limit'].includes(name) ? [`${name} ${to || from}`] : [];
    })
    .join(', ');
}

function show(name: string, value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? '';
  return name === 'rate' || name === 'ceil' ? formatRate(value) : String(value);
}

/** The elements of the map that differ; if none does, the table is only not known to be the loaded one. */
function tableLines({ from, to }: Found, { reason }: Difference): string[] {
  const [before, after] = [readElements(from.ruleset), readElements(to.ruleset)];
  const pairs = [...new Set([...before.keys(), ...after.keys()])].sort();
  const lines = pairs.flatMap((pair) => {
    const [was, is] = [before.get(pair), after.get(pair)];
    if (was === is) return [];
    if (!was) return [`+ ${pair} to ${is}`];
    return is ? [`~ ${pair} to ${was} -> ${is}`] : [`- ${pair} to ${was}`];
  });
  return lines.length > 0 ? lines : [`~ the whole table  (${reason})`];
}

/** The owner: `guest cliff`, or the device's name. */
export function subjectOf({ kind, device, wanted, held, ifb }: Difference, { loaded }: Found): string {
  if (kind === 'table') return 'table bridge virt-shaper';
  if (kind === 'setting') return `setting ${device}`;
  if (ifb) return `device ${ifb.name}`;
  const known = wanted?.subject ?? loaded?.objects.get(held?.key ?? '')?.subject;
  return known ?? `${(wanted ?? held)?.device}`;
}
