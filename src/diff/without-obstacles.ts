// Removes what is behind an obstacle from the wanted state (obstacles.ts).
import { withoutElements } from '../kernel/nft/edit.ts';
import { type KernelState, objectKey, type State, type TcObject } from '../kernel/objects.ts';
import { aliasPrefix } from '../plan/names.ts';
import type { Obstacle } from '../store/in-force-plan.ts';
import type { Direction } from '../units/units.ts';
import { type MarkWay, waysOf } from './ways.ts';

export function ifbOf({ devices }: State, uplink: string): string | undefined {
  return [...devices.values()].find(({ alias }) => alias === `${aliasPrefix}${uplink}`)?.name;
}

/**
 * A tree that the kernel refused to change stays as it is, and so do the classes of guests that are in it.
 * @param obstacles changed: the guests of such a refusal are afterwards only those that are not shaped
 */
export function withoutObstacles(kernel: KernelState, asked: State, obstacles: Obstacle[]): State {
  if (obstacles.length === 0) return asked;
  const blocked = (direction: Direction, wanted = obstacles) =>
    new Set(wanted.flatMap((one) => (one.directions.includes(direction) ? one.uplink : [])));
  const [out, into] = [blocked('out'), blocked('in')];
  const ifbs = new Set([...into].flatMap((uplink) => ifbOf(asked, uplink) ?? []));
  const refused = obstacles.filter((one) => one.refused === 'tree');
  const own = [
    ...blocked('out', refused),
    ...[...blocked('in', refused)].flatMap((uplink) => ifbOf(asked, uplink) ?? []),
  ];
  const kept = new Set(own.filter((device) => kernel.objects.has(objectKey('root', device, ''))));
  const lost = lostElements(kernel, asked, (direction) => (direction === 'out' ? out : into), kept);
  for (const one of refused) {
    const marks = new Set(
      [...lost.values()].flatMap(({ uplink, mark }) => (uplink === one.uplink ? mark : [])),
    );
    one.guests = one.guests.filter(({ tap }) => filtersOf(asked, tap).some(({ id }) => marks.has(id)));
  }

  const trees = new Set([...out, ...ifbs]);
  const marks = new Set(
    [...lost.values()].flatMap(({ direction, mark }) => (direction === 'in' ? mark : [])),
  );
  const objects = new Map(asked.objects);
  for (const { key, kind, device, id, values } of asked.objects.values()) {
    const to = String(values.to);
    const isLost =
      kind === 'filter'
        ? ifbs.has(to) && !(kept.has(to) && !marks.has(id))
        : kind !== 'clsact' && trees.has(device);
    if (isLost) objects.delete(key);
  }
  for (const held of kernel.objects.values()) {
    if (kept.has(held.device) && held.kind !== 'clsact') objects.set(held.key, held);
  }
  const used = new Set([...objects.values()].flatMap((one) => (one.kind === 'filter' ? one.device : [])));
  for (const { key, kind, device } of asked.objects.values()) {
    if (kind === 'clsact' && !used.has(device)) objects.delete(key);
  }
  // An ifb of ours on which somebody has set a root qdisc stays: deleting the ifb would delete that qdisc.
  const isOurs = (ifb: string) => kernel.devices.has(ifb) && (kernel.foreignRoots.has(ifb) || kept.has(ifb));
  const devices = new Map([...asked.devices].filter(([name]) => !ifbs.has(name) || isOurs(name)));
  return { ...asked, devices, objects, ruleset: withoutElements(asked.ruleset, (key) => lost.has(key)) };
}

/** The elements that lead to a class which cannot be made. @param kept trees that stay, with the classes in them */
function lostElements(
  kernel: KernelState,
  asked: State,
  blocked: (direction: Direction) => Set<string>,
  kept: Set<string>,
): Map<string, MarkWay> {
  const held = kept.size > 0 ? waysOf(kernel) : new Map<string, MarkWay>();
  const isKept = (key: string, { uplink, direction, id }: MarkWay) => {
    const device = direction === 'out' ? uplink : (ifbOf(asked, uplink) ?? '');
    return kept.has(device) && held.get(key)?.id === id && kernel.objects.has(objectKey('class', device, id));
  };
  return new Map(
    [...waysOf(asked)].filter(([key, way]) => blocked(way.direction).has(way.uplink) && !isKept(key, way)),
  );
}

function filtersOf({ objects }: State, tap: string): TcObject[] {
  return [...objects.values()].filter(({ kind, device }) => kind === 'filter' && device === tap);
}
