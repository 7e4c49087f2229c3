// The changes for each guest, group and uplink, both directions in one; differences.ts has the single objects. Computed from the two
// states, since the deletion of a tree deletes its classes without a difference for each.
import type { Found } from '../diff/difference.ts';
import type { State, TcObject } from '../kernel/objects.ts';
import { differingOptions } from '../kernel/tc/values.ts';
import { formatRate } from '../units/rate.ts';
import { type Direction, directions } from '../units/units.ts';
import { markChangesOf } from './mark-changes.ts';

export interface PolicyChange {
  action: 'add' | 'change' | 'remove';
  kind: 'guest' | 'group' | 'uplink';
  /** The name as it is shown, quoted where needed. */
  name: string;
  uplink: string;
  /** The single changes: `ceil 50mbit -> 60mbit, both directions`. */
  what: string[];
}

/** The wording. `plan`: what a load would change. `drift`: how the kernel differs from what was loaded. */
export type Manner = 'plan' | 'drift';

export function changesOf(found: Found, manner: Manner): PolicyChange[] {
  const [before, after] = [subjectsOf(found.from, found), subjectsOf(found.to, found)];
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    const { kind, name, uplink } = (is ?? was) as Subject;
    const action = !was ? 'add' : !is ? 'remove' : 'change';
    const what = joined((direction) =>
      action === 'change'
        ? partsOf(was?.[direction], is?.[direction], manner, kind === 'uplink' && name !== uplink)
        : ratesOf(kind, (is ?? was)?.[direction]),
    );
    // The unmarked class comes and goes with its uplink.
    if (action !== 'change' && kind === 'uplink' && name !== uplink) return [];
    const taps = action === 'change' ? tapsOf(was, is, manner) : [];
    const all = [...what, ...taps];
    return action === 'change' && all.length === 0 ? [] : [{ action, kind, name, uplink, what: all }];
  });
}

/** Guests and groups on several uplinks, before or after, whose lines have to name the uplink: `guest cliff`. */
export function onSeveral(found: Found): Set<string> {
  const places = new Map<string, Set<string>>();
  for (const state of [found.from, found.to]) {
    for (const { kind, name, uplink } of subjectsOf(state, found).values()) {
      const whose = `${kind} ${name}`;
      places.set(whose, (places.get(whose) ?? new Set()).add(uplink));
    }
  }
  return new Set([...places].flatMap(([whose, uplinks]) => (uplinks.size > 1 ? whose : [])));
}

/** For each guest that differs, whether it comes, goes or changes, all uplinks taken together. */
export function guestActions(found: Found): Map<string, PolicyChange['action']> {
  const [before, after] = [found.from, found.to].map((state) => {
    const guests = [...subjectsOf(state, found).values()].filter(({ kind }) => kind === 'guest');
    return new Set(guests.map(({ name }) => name));
  }) as [Set<string>, Set<string>];
  const names = changesOf(found, 'plan').flatMap(({ kind, name }) => (kind === 'guest' ? name : []));
  const marked = markChangesOf(found).map(({ subject }) => subject.replace(/^guest /, ''));
  names.push(...marked.filter((name) => before.has(name) && after.has(name)));
  const actionOf = (name: string) => (!before.has(name) ? 'add' : !after.has(name) ? 'remove' : 'change');
  return new Map(names.map((name) => [name, actionOf(name)]));
}

/** The objects of a guest, group or uplink on one uplink. */
interface Subject extends Partial<Record<Direction, Place>> {
  kind: PolicyChange['kind'];
  name: string;
  uplink: string;
  /** The taps of a guest that redirect to the ifb. */
  taps: Set<string>;
}

interface Place {
  own: TcObject;
  leaf: TcObject | undefined;
  /** The owner of the parent class. */
  above: string;
}

function subjectsOf(state: State, found: Found): Map<string, Subject> {
  const subjects = new Map<string, Subject>();
  const at = (text: string, device: string) => {
    const uplink = uplinkOf(device, found);
    const [kind, name] =
      text.startsWith('guest ') || text.startsWith('group ')
        ? ([text.slice(0, 5) as 'guest' | 'group', text.slice(6)] as const)
        : (['uplink', text.startsWith('link ') ? text.slice(5) : `${text} on ${uplink}`] as const);
    const key = `${uplink} ${text}`;
    const known = subjects.get(key) ?? { kind, name, uplink, taps: new Set<string>() };
    subjects.set(key, known);
    return known;
  };
  for (const object of state.objects.values()) {
    const whose = subjectOf(object, found);
    if (object.kind === 'class') {
      const above = state.objects.get(`${object.device} class ${object.parent}`);
      at(whose, object.device)[object.id.startsWith('1:') ? 'out' : 'in'] = {
        own: object,
        leaf: state.objects.get(`${object.device} leaf ${object.id}`),
        above: above ? subjectOf(above, found) : '',
      };
    } else if (object.kind === 'filter' && whose.startsWith('guest ') && leadsToOurs(object, found)) {
      at(whose, String(object.values.to)).taps.add(object.device);
    }
  }
  return subjects;
}

/** The owner of a class: the kernel does not store it, so it is taken from the loaded or the wanted rules. */
function subjectOf({ subject, key, device, id }: TcObject, { loaded, to }: Found): string {
  return (
    subject ?? loaded?.objects.get(key)?.subject ?? to.objects.get(key)?.subject ?? `class ${id} on ${device}`
  );
}

/** Whether a filter redirects to one of our ifbs, before or after. */
function leadsToOurs({ values }: TcObject, { from, to }: Found): boolean {
  return from.devices.has(String(values.to)) || to.devices.has(String(values.to));
}

/** The uplink of an ifb, which is in its alias. */
export function uplinkOf(device: string, { from, to }: Found): string {
  const alias = (to.devices.get(device) ?? from.devices.get(device))?.alias;
  return alias?.split(':')[1] ?? device;
}

function ratesOf(kind: PolicyChange['kind'], place: Place | undefined): string[] {
  if (!place) return [];
  const { rate, ceil } = place.own.values;
  const most = `ceil ${formatRate(Number(ceil))}`;
  return kind === 'uplink' ? [most] : [`rate ${formatRate(Number(rate))}`, most];
}

/** The changes of one direction. @param goesAlong whether it comes and goes with its uplink, which has a line of its own */
function partsOf(
  was: Place | undefined,
  is: Place | undefined,
  manner: Manner,
  goesAlong: boolean,
): string[] {
  if (goesAlong && !(was && is)) return [];
  if (!is) return was ? [manner === 'plan' ? 'its class goes' : 'a class that was not loaded'] : [];
  if (!was)
    return [
      manner === 'plan'
        ? `its class comes again (${ratesOf('guest', is).join(', ')})`
        : 'its class is missing',
    ];
  const options = differingOptions(is.own, was.own);
  const arrow = (name: string, from: string, next: string) =>
    manner === 'plan' ? `${name} ${from} -> ${next}` : `${name} is ${from}, loaded with ${next}`;
  const rates = (['rate', 'ceil'] as const)
    .filter((name) => options.includes(name))
    .map((name) =>
      arrow(name, formatRate(Number(was.own.values[name])), formatRate(Number(is.own.values[name]))),
    );
  const group = (above: string) => (above.startsWith('group ') ? above.slice(6) : 'none');
  const moved =
    group(was.above) === group(is.above) ? [] : [arrow('group', group(was.above), group(is.above))];
  const [old, leaf] = [was.leaf?.values.kind, is.leaf?.values.kind];
  const queue = is.leaf && old !== leaf ? [arrow('queue', String(old ?? 'none'), String(leaf))] : [];
  const main = [...rates, ...moved, ...queue];
  if (main.length > 0) return main;
  const rest = [...options, ...(is.leaf && was.leaf ? differingOptions(is.leaf, was.leaf) : [])];
  return rest.length > 0 ? [`its ${[...new Set(rest)].join(', ')}`] : [];
}

/** Merges changes that are the same in both directions. */
function joined(parts: (direction: Direction) => string[]): string[] {
  const [out = [], receiving = []] = directions.map(parts);
  const both = out.filter((part) => receiving.includes(part));
  const only = (some: string[]) => some.filter((part) => !both.includes(part));
  return [
    ...(both.length > 0 ? [`${both.join(', ')}, both directions`] : []),
    ...(only(out).length > 0 ? [`${only(out).join(', ')}, sending`] : []),
    ...(only(receiving).length > 0 ? [`${only(receiving).join(', ')}, receiving`] : []),
  ];
}

function tapsOf(was: Subject | undefined, is: Subject | undefined, manner: Manner): string[] {
  const [before, after] = [was?.taps ?? new Set<string>(), is?.taps ?? new Set<string>()];
  const come = [...after].filter((tap) => !before.has(tap));
  const gone = [...before].filter((tap) => !after.has(tap));
  const words =
    manner === 'plan'
      ? ['is added', 'is taken away']
      : ['is not led to its class, receiving', 'was not loaded'];
  return [...come.map((tap) => `${tap} ${words[0]}`), ...gone.map((tap) => `${tap} ${words[1]}`)];
}
