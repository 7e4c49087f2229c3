// Detours, for classes that get another parent. HTB cannot move a class, so it has to be deleted and made again, and in
// between the guest's frames would fall into the class of unmarked traffic. So the marks lead to a detour meanwhile: a
// temporary class directly below the link, with the guest's new rate and ceil.

import { type KernelState, objectKey, type State, type TcObject, variant } from '../kernel/objects.ts';
import type { Difference } from './difference.ts';
import { addStep, removeStep, type Step } from './steps.ts';

export interface Detour {
  id: string;
  instead: string;
  build: Step[];
  clear: Step[];
  make: Step[];
  leave: Step[];
}

export function planDetours(differences: Difference[], from: KernelState, to: State): Detour[] {
  const moves = differences.filter(({ kind, action }) => kind === 'class' && action === 'move');
  if (moves.length === 0) return []; // The usual case.
  const ids = [...new Set(moves.flatMap(({ wanted }) => wanted?.id ?? []))];
  const taken = takenMinors(from, to);
  return ids.map((id) => {
    const instead = `${id.split(':')[0]}:${takeMinor(taken).toString(16)}`;
    const here = moves.filter(({ wanted }) => wanted?.id === id).flatMap(({ wanted }) => wanted ?? []);
    // The ruleset has class ids without devices, so each uplink with this class needs the detour.
    const everywhere = [...to.objects.values()].filter(
      (object) => object.kind === 'class' && object.id === id,
    );
    return {
      id,
      instead,
      build: everywhere.flatMap((object) => standIn(object, instead, to)),
      clear: here.map(removeStep),
      make: here.flatMap((object) => [object, ...leafOf(object, to)]).map(addStep),
      leave: everywhere.map((object) => removeStep(variant(object, { id: instead }))),
    };
  });
}

export function detourIds(detours: Detour[]): Map<string, string> {
  return new Map(detours.map(({ id, instead }) => [id, instead]));
}

function standIn(object: TcObject, instead: string, to: State): Step[] {
  const { device, parent } = object;
  const link = [...to.objects.values()].find(
    (o) => o.kind === 'class' && o.device === device && o.parent?.endsWith(':'),
  );
  const handle = `${instead.split(':')[1]}:`;
  const leaves = leafOf(object, to).map((leaf) =>
    variant(leaf, { id: instead, values: { ...leaf.values, handle } }),
  );
  return [variant(object, { id: instead, parent: link?.id ?? parent ?? '' }), ...leaves].map(addStep);
}

function leafOf({ device, id }: TcObject, { objects }: State): TcObject[] {
  const leaf = objects.get(objectKey('leaf', device, id));
  return leaf ? [leaf] : [];
}

/** The minors of classes and majors of leaves that one of the states uses. */
function takenMinors(...states: State[]): Set<number> {
  const objects = states.flatMap((state) => [...state.objects.values()]);
  return new Set(
    objects.flatMap(({ kind, id, values }) => {
      const digits =
        kind === 'class'
          ? id.split(':')[1]
          : kind === 'leaf'
            ? String(values.handle).split(':')[0]
            : undefined;
      return digits ? Number.parseInt(digits, 16) : [];
    }),
  );
}

/** Counts down from the highest, since ids of guests are drawn from the lowest; ffff: is that of clsact. */
function takeMinor(taken: Set<number>): number {
  let minor = 0xfffe;
  while (taken.has(minor)) minor -= 1;
  taken.add(minor);
  return minor;
}
