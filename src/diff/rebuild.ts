// Rebuilds a tree, where its root or the parents of its inner classes must change: HTB can only delete all of it, and a
// device without its tree lets everything pass. So a copy of the new tree on a temporary ifb takes the traffic meanwhile.
// Both the copy and the new tree also have the classes of the old ruleset, since the marks change over only afterwards.

import { ifbLines } from '../kernel/ifb.ts';
import {
  type KernelState,
  makeObject,
  objectKey,
  type State,
  type TcObject,
  variant,
} from '../kernel/objects.ts';
import { aliasPrefix, detourDevice } from '../plan/names.ts';
import { addStep, changeStep, ip, removeStep, type Step } from './steps.ts';

export interface Rebuild {
  steps: Step[];
  /** Deletes the classes that only the old ruleset led to. */
  retire: Step[];
}

export function rebuildTree(device: string, from: KernelState, to: State): Rebuild {
  const wanted = treeOf(to, device);
  const kept = formerClasses(device, from, to);
  const tree = [...wanted, ...kept];
  const detour = freeName(from);
  const way = from.devices.has(device) ? wayOfTaps(device, detour, from) : wayOfUplink(device, detour, from);
  return {
    steps: [
      ...ifbLines({ name: detour, alias: `${aliasPrefix}detour` }).map(ip),
      ...tree.map((object) => addStep(variant(object, { device: detour }))),
      ...way.into,
      removeStep(makeObject('root', device, '', {})),
      ...tree.map(addStep),
      ...way.back,
      ip(`link del dev ${detour}`),
    ],
    retire: kept.map(removeStep),
  };
}

/** Tree for receiving: each tap's filter is changed to redirect to the temporary ifb and back, each time in one step. */
function wayOfTaps(device: string, detour: string, from: KernelState): { into: Step[]; back: Step[] } {
  const filters = [...from.objects.values()].filter(
    ({ kind, values }) => kind === 'filter' && values.to === device,
  );
  const lead = (to: string) =>
    filters.map((filter) => changeStep(variant(filter, { values: { ...filter.values, to } })));
  return { into: lead(detour), back: lead(device) };
}

/** Tree for sending: a filter at the uplink's egress redirects all frames to the ifb, which sends them past that filter. */
function wayOfUplink(device: string, detour: string, from: KernelState): { into: Step[]; back: Step[] } {
  const hadClsact = from.objects.has(objectKey('clsact', device, ''));
  const filter = makeObject('detour', device, '', { to: detour });
  const made = [...(hadClsact ? [] : [makeObject('clsact', device, 'clsact', {})]), filter];
  return { into: made.map(addStep), back: made.map(removeStep).reverse() };
}

/** A name that no device has: a load that was killed may have left its ifb, with traffic on it. */
function freeName({ present }: KernelState): string {
  let name = detourDevice;
  for (let number = 2; present.has(name); number += 1) name = `${detourDevice}${number}`;
  return name;
}

function treeOf({ objects }: State, device: string): TcObject[] {
  return [...objects.values()].filter(
    (o) => o.device === device && ['root', 'class', 'leaf'].includes(o.kind),
  );
}

/**
 * The guests' classes that only the old ruleset leads to. They are below their old parent or, where that is no inner class
 * of the new tree, below the link. They have HTB's default queue, since the new tree may use their leaf's handle.
 */
function formerClasses(device: string, from: KernelState, to: State): TcObject[] {
  const wanted = treeOf(to, device).filter(({ kind }) => kind === 'class');
  const link = wanted.find(({ parent }) => parent?.endsWith(':'))?.id ?? '';
  const ids = new Set(wanted.map(({ id }) => id));
  const inner = new Set(wanted.map(({ parent }) => parent));
  return treeOf(from, device)
    .filter(
      ({ kind, id }) => kind === 'class' && from.objects.has(objectKey('leaf', device, id)) && !ids.has(id),
    )
    .map((object) => {
      const stays = object.parent && inner.has(object.parent) && ids.has(object.parent);
      return stays ? object : variant(object, { parent: link });
    });
}
