// Surplus: objects of ours in the kernel that the wanted state does not have, in the order in which they can be deleted.
import type { KernelState, State, TcObject } from '../kernel/objects.ts';
import type { Difference } from './difference.ts';

/** Filters come before the ifb that they redirect to, and children before parents; a whole tree is deleted by its root. */
export function surplus(from: KernelState, to: State, ours: boolean): Difference[] {
  const gone = [...from.objects.values()].filter((held) => !to.objects.has(held.key));
  const roots = new Set(gone.filter((held) => held.kind === 'root').map((held) => held.device));
  const classes = new Set(
    gone.filter((held) => held.kind === 'class').map((held) => `${held.device} ${held.id}`),
  );
  const devices = [...from.devices.values()].filter((ifb) => !to.devices.has(ifb.name));
  const names = new Set(devices.map((ifb) => ifb.name));
  // A clsact is deleted together with its filters, in one step: a load that is killed between two steps would leave an empty
  // clsact, of which nobody knows whose it is.
  const isOurs = findOurClsacts(from, ours);
  const clsacts = new Set(
    gone.filter(({ kind, device }) => kind === 'clsact' && isOurs(device)).map(({ device }) => device),
  );
  const order = { filter: 0, detour: 1, clsact: 2, leaf: 3, class: 4, root: 5 };
  const goesBy = ({ kind, device, id }: TcObject) => {
    if (kind === 'filter' || kind === 'detour') return clsacts.has(device);
    if (kind === 'root') return names.has(device);
    if (kind === 'class') return roots.has(device);
    return kind === 'leaf' && (roots.has(device) || classes.has(`${device} ${id}`));
  };
  const reason = 'nothing asks for it';
  const base = { effect: 'structure', action: 'remove', reason } as const;
  return [
    ...gone
      .filter((held) => !goesBy(held))
      .filter((held) => held.kind !== 'clsact' || isOurs(held.device))
      .sort((a, b) => order[a.kind] - order[b.kind] || depth(from, b) - depth(from, a))
      .map((held): Difference => ({ ...base, kind: held.kind, device: held.device, held })),
    ...devices.map((ifb): Difference => ({ ...base, kind: 'device', device: ifb.name, ifb })),
  ];
}

/**
 * Whether a clsact is ours to delete. An empty one may be somebody else's, so it stays unless it is known that we made it.
 */
function findOurClsacts(from: KernelState, ours: boolean): (device: string) => boolean {
  const filters = [...from.objects.values()].filter(({ kind }) => kind === 'filter' || kind === 'detour');
  const used = new Set(filters.map(({ device }) => device));
  return (device) =>
    !from.sharedTaps.has(device) && (used.has(device) || ours || from.unfinished.has(device));
}

function depth(state: State, object: TcObject): number {
  const parent = state.objects.get(`${object.device} class ${object.parent}`);
  return parent ? depth(state, parent) + 1 : 0;
}
