// The state of one guest in the kernel, found by its id and mark, so that leftovers of a stopped guest are found too; and its
// differences from rules.d.
import type { Difference, Found } from '../../diff/difference.ts';
import type { Unreached } from '../../diff/unreached.ts';
import { readElements } from '../../kernel/nft/owners.ts';
import type { KernelState, State, TcObject } from '../../kernel/objects.ts';
import { type Use, type Uses, useKey } from '../../observe/use.ts';
import { classId } from '../../plan/names.ts';
import type { Obstacle } from '../../store/in-force-plan.ts';
import { directions } from '../../units/units.ts';
import { type Handles, isMarkOf } from './rules.ts';

/** A comparison with rules.d, with the present counters. */
export interface KernelNow extends Found {
  from: KernelState;
  unreached: Unreached[];
  obstacles: Obstacle[];
  uses: Uses;
}

export interface HeldClass {
  device: string;
  id: string;
  parent: string;
  /** Rates in bits per second; burst, cburst and quantum in bytes, with the precision of tc's output. */
  values: TcObject['values'];
  leaf?: TcObject['values'];
  use?: Pick<Use, 'bytes' | 'packets' | 'dropped' | 'overlimits' | 'backlog' | 'queued'>;
}

export interface Held {
  classes: HeldClass[];
  /** The filters that redirect a tap's packets to the ifb. */
  filters: { tap: string; mark: string; to: string }[];
  /** Elements of the map: `vnet0 . eth0`, and the class of such frames. */
  elements: { ports: string; class: string }[];
  /** Its differences from rules.d. */
  differences: Difference[];
  missingElements: { ports: string; class: string }[];
  surplusElements: { ports: string; class: string }[];
  /** The obstacles, as sentences. */
  obstacles: string[];
}

/** @param subject the owner as it is named in rules.d: `guest cliff` */
export function heldFor(now: KernelNow, handles: Handles, subject: string, devices: string[]): Held {
  const { from, to, list, uses, unreached, obstacles } = now;
  const ids = directions.map((direction) => classId(direction, handles.id));
  const objects = [...from.objects.values()];
  const filters = objects.filter(({ kind, id }) => kind === 'filter' && isMarkOf(handles.id, id));
  // An unchanged table holds the ruleset that was loaded, which is parsed already.
  const [held, wanted] = [elementsOf(from.loaded ?? from, ids), elementsOf(to, ids)];
  const isIn = (some: Held['elements']) => (one: Held['elements'][number]) =>
    some.some((other) => other.ports === one.ports && other.class === one.class);
  return {
    classes: objects
      .filter(({ kind, id }) => kind === 'class' && ids.includes(id))
      .map((object) => heldClass(object, from, uses)),
    filters: filters.map(({ device, id, values }) => ({ tap: device, mark: id, to: String(values.to) })),
    elements: held,
    differences: list.filter((one) => isAbout(one, { ...handles, ids, subject, devices })),
    missingElements: wanted.filter((one) => !isIn(held)(one)),
    surplusElements: held.filter((one) => !isIn(wanted)(one)),
    obstacles: [
      ...obstacles
        .filter(({ guests }) => guests.some(({ guest }) => `guest ${guest}` === subject))
        .map(({ reason }) => reason),
      ...unreached
        .filter((one) => one.subject === subject || handles.taps.includes(one.tap))
        .map(({ tap, reason }) => `what it receives by ${tap} is not shaped: ${reason}`),
    ],
  };
}

function heldClass(object: TcObject, from: State, uses: Uses): HeldClass {
  const { device, id, parent = '', values } = object;
  const leaf = from.objects.get(`${device} leaf ${id}`)?.values;
  const use = uses.get(useKey(device, id));
  if (!use) return { device, id, parent, values, ...(leaf ? { leaf } : {}) };
  const { bytes, packets, dropped, overlimits, backlog, queued } = use;
  return {
    device,
    id,
    parent,
    values,
    ...(leaf ? { leaf } : {}),
    use: { bytes, packets, dropped, overlimits, backlog, queued },
  };
}

function elementsOf({ ruleset }: Pick<State, 'ruleset'>, ids: string[]): Held['elements'] {
  const elements = [...readElements(ruleset)];
  return ids.flatMap((id) => {
    const own = elements.filter(([, target]) => target === `class ${id}`);
    return own.map(([ports]) => ({ ports, class: id })).sort((a, b) => (a.ports < b.ports ? -1 : 1));
  });
}

interface Marks extends Handles {
  /** The ids of its classes. */
  ids: string[];
  subject: string;
  devices: string[];
}

/** Whether a difference is about the guest's own objects, or about a whole tree that they are in. */
function isAbout(one: Difference, { id: own, ids, subject, taps, devices }: Marks): boolean {
  const { kind, device, held, wanted, action, ifb } = one;
  if (kind === 'table') return false; // Its elements are compared one by one.
  if (ifb) return devices.includes(ifb.name);
  const id = (wanted ?? held)?.id ?? '';
  if (wanted?.subject === subject) return true;
  if (kind === 'class' || kind === 'leaf')
    return ids.includes(id) || (action === 'rebuild' && devices.includes(device));
  if (kind === 'filter') return isMarkOf(own, id);
  return kind === 'root' ? devices.includes(device) : taps.includes(device);
}
