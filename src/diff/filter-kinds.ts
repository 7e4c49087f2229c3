// Changes the kind of a tap's filters, such as from bpf to fw. The kernel allows only one kind for each preference, so
// "filter replace" is refused. The new filters are added with the preference of detours, behind the old ones; once the
// marks have changed over, they take the place of the old ones. At no moment do the guest's frames miss the ifb.

import { type KernelState, objectKey, type State, type TcObject, variant } from '../kernel/objects.ts';
import { filterKind } from '../kernel/tc/print.ts';
import { detourPreference } from '../plan/names.ts';
import type { Difference } from './difference.ts';
import { addStep, removeStep, type Step } from './steps.ts';

export interface KindChange {
  /** The taps whose filters change their kind. */
  taps: Set<string>;
  stage: Step[];
  retire: Step[];
}

export function planKindChange(differences: Difference[], from: KernelState, to: State): KindChange {
  const [held, wanted] = [filtersByTap(from), filtersByTap(to)];
  const touched = differences.flatMap(({ kind, wanted }) =>
    kind === 'filter' && wanted ? wanted.device : [],
  );
  const taps = [...new Set(touched)].filter((tap) => {
    const kinds = new Set(wanted(tap).map(filterKind));
    return held(tap).some((filter) => !kinds.has(filterKind(filter)));
  });
  const left = (tap: string) => [from.objects.get(objectKey('detour', tap, '')) ?? []].flat();
  return {
    taps: new Set(taps),
    stage: taps.flatMap((tap) => [...left(tap).map(removeStep), ...wanted(tap).map(behind)]),
    retire: taps.flatMap((tap) => [
      ...held(tap)
        .slice(0, 1)
        .map((filter) => removeStep(variant(filter, { id: '' }))),
      ...wanted(tap).map(addStep),
      // A filter that a killed load left there is deleted as surplus.
      ...(left(tap).length > 0 ? [] : wanted(tap).slice(0, 1).map(notBehind)),
    ]),
  };
}

function filtersByTap({ objects }: State): (tap: string) => TcObject[] {
  const filters = new Map<string, TcObject[]>();
  for (const object of objects.values()) {
    if (object.kind !== 'filter') continue;
    const known = filters.get(object.device);
    if (known) known.push(object);
    else filters.set(object.device, [object]);
  }
  return (tap) => filters.get(tap) ?? [];
}

function behind(filter: TcObject): Step {
  return addStep(variant(filter, { pref: detourPreference }));
}

function notBehind(filter: TcObject): Step {
  return removeStep(variant(filter, { id: '', pref: detourPreference }));
}
