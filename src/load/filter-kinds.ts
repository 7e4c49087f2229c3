// All filters of one preference are of one kind: where fw takes the place of bpf, "filter replace" is refused. So
// the new filter stands behind the old one, at the detour's preference, until the marks have moved over; then
// it takes the old one's place, and no frame of the guest's passes by the ifb meanwhile.
import { detourPreference, signature } from '../plan/names.ts';
import type { Difference } from './compare.ts';
import { add, filterKind, remove, type Step, tc } from './lines.ts';
import { type KernelState, keyOf, type State, type TcObject } from './objects.ts';

export interface KindChange {
  /** The taps whose filters this is about. */
  taps: Set<string>;
  stage: Step[];
  retire: Step[];
}

export function planKindChange(differences: Difference[], from: KernelState, to: State): KindChange {
  const here = (tap: string, { objects }: State) =>
    [...objects.values()].filter(({ kind, device }) => kind === 'filter' && device === tap);
  const touched = differences.flatMap(({ kind, wanted }) =>
    kind === 'filter' && wanted ? wanted.device : [],
  );
  const taps = [...new Set(touched)].filter((tap) => {
    const kinds = new Set(here(tap, to).map(filterKind));
    return here(tap, from).some((held) => !kinds.has(filterKind(held)));
  });
  const left = (tap: string) =>
    [...from.objects.values()].filter(({ key }) => key === keyOf('detour', tap, ''));
  return {
    taps: new Set(taps),
    stage: taps.flatMap((tap) => [...left(tap).map(remove), ...here(tap, to).map(behind)]),
    retire: taps.flatMap((tap) => [
      ...here(tap, from)
        .slice(0, 1)
        .map((held) => tc(`filter del dev ${tap} egress pref ${signature}`, held)),
      ...here(tap, to).map(add),
      // One that was left there before goes with what nothing asks for.
      ...(left(tap).length > 0 ? [] : here(tap, to).slice(0, 1).map(notBehind)),
    ]),
  };
}

function behind(filter: TcObject): Step {
  return tc(filter.line.replace(` pref ${signature} `, ` pref ${detourPreference} `), filter);
}

function notBehind(filter: TcObject): Step {
  return tc(`filter del dev ${filter.device} egress pref ${detourPreference}`, filter);
}
