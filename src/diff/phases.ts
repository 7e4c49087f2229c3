// Puts the differences into an order in which traffic is not disturbed. Usually there are three phases: stage makes what no
// mark leads to yet and changes values in place, commit replaces the ruleset, retire deletes what no mark leads to any more.
// Where a guest's class must be made again, its marks take a detour meanwhile (detours.ts), which takes two commits.

import { ifbBack, ifbLines } from '../kernel/ifb.ts';
import { withClasses } from '../kernel/nft/edit.ts';
import { type KernelState, type State, type TcObject, variant } from '../kernel/objects.ts';
import { detourIds, planDetours } from './detours.ts';
import type { Difference } from './difference.ts';
import { planKindChange } from './filter-kinds.ts';
import { rebuildTree } from './rebuild.ts';
import { addStep, changeStep, ip, noqueue, removeStep, replace, type Step, sysctl } from './steps.ts';

export type Phase =
  | { name: 'stage' | 'move' | 'retire'; steps: Step[] }
  | { name: 'commit'; ruleset: string };

export function planPhases(differences: Difference[], from: KernelState, to: State): Phase[] {
  const rebuilt = new Set(
    differences.filter(({ action }) => action === 'rebuild').map(({ device }) => device),
  );
  const rebuilds = [...rebuilt].map((device) => rebuildTree(device, from, to));
  // A clsact is no part of the tree: one that an interrupted rebuild left still has to be deleted.
  const others = differences.filter(({ device, kind }) => !rebuilt.has(device) || kind === 'clsact');
  const kinds = planKindChange(others, from, to);
  const rest = others.filter(({ device, kind }) => kind !== 'filter' || !kinds.taps.has(device));
  const detours = planDetours(rest, from, to);
  // Edited templates may write the ruleset in a form in which class ids are not found: then there is no detour.
  const around = detours.length > 0 ? withClasses(to.ruleset, detourIds(detours)) : undefined;
  const table = differences.some(({ kind }) => kind === 'table');
  // Excludes new objects, which can be thousands: the steps below do not concern them.
  const changed = rest.filter(({ action }) => action !== 'add');
  const [lowered, raised] = classChanges(changed);
  // While guests are on a detour, the new ceil of a group must not come into force before those of its other members.
  const early = around === undefined ? [...lowered, ...raised] : lowered.filter((one) => !isInner(one, to));
  const late = around === undefined ? [] : [...lowered.filter((one) => isInner(one, to)), ...raised];

  // A guarantee is raised only after those that free its bandwidth are lowered or deleted: the sum must fit at all times.
  const given =
    changed.some(({ kind, action }) => kind === 'class' && (action === 'remove' || action === 'move')) ||
    lowered.some(raisesGuarantee) ||
    raised.some(lowersGuarantee);
  const withoutGuarantee = (list: Difference[]) =>
    given ? list.flatMap(exceptGuarantee) : list.flatMap(inPlace);

  const inTheWay = handleHolders(rest, from, to);
  const phases: Phase[] = [
    {
      name: 'stage',
      steps: [
        ...rest.filter(({ kind }) => kind === 'device').flatMap(newDevice),
        ...rest.flatMap(newSetting),
        ...rebuilds.flatMap(({ steps }) => steps),
        ...withoutGuarantee(early),
        ...inTheWay.map(removeStep),
        ...rest.flatMap((one) => newObject(one, from, inTheWay)),
        ...changed.filter(({ kind }) => kind === 'filter').flatMap(inPlace),
        ...kinds.stage,
        ...(around === undefined ? [] : detours.flatMap(({ build }) => build)),
      ],
    },
    ...(around === undefined ? [] : [commit(around)]),
    {
      name: 'move',
      steps: [
        ...detours.flatMap(({ clear }) => clear),
        ...withoutGuarantee(late),
        ...detours.flatMap(({ make }) => make),
      ],
    },
    ...(table || around !== undefined ? [commit(to.ruleset)] : []),
    {
      name: 'retire',
      steps: [
        ...(around === undefined ? [] : detours.flatMap(({ leave }) => leave)),
        ...kinds.retire,
        ...changed.flatMap((one) => goneObject(one, to, inTheWay)),
        ...rebuilds.flatMap(({ retire }) => retire),
        ...changed.flatMap(goneDevice),
        ...changed.flatMap(goneSetting),
        ...(given ? changed.filter(raisesGuarantee).flatMap(inPlace) : []),
      ],
    },
  ];
  return phases.filter((phase) => phase.name === 'commit' || phase.steps.length > 0);
}

function commit(ruleset: string): Phase {
  return { name: 'commit', ruleset };
}

function newDevice({ kind, action, ifb }: Difference): Step[] {
  if (kind !== 'device' || !ifb || action === 'remove') return [];
  return action === 'add' ? ifbLines(ifb).map(ip) : [ip(ifbBack(ifb))];
}

function goneDevice({ kind, action, ifb }: Difference): Step[] {
  return kind === 'device' && ifb && action === 'remove' ? [ip(`link del dev ${ifb.name}`)] : [];
}

function newSetting({ action, setting }: Difference): Step[] {
  return action === 'change' && setting !== undefined ? [sysctl(setting)] : [];
}

function goneSetting({ action, setting }: Difference): Step[] {
  return action === 'remove' && setting !== undefined ? [sysctl(setting)] : [];
}

/**
 * Leaf qdiscs whose handle another leaf of the same device is about to get. They are deleted first; until their class is
 * deleted or gets a leaf with another handle, it has HTB's default queue.
 */
function handleHolders(rest: Difference[], from: State, to: State): TcObject[] {
  const handle = ({ device, values }: TcObject) => `${device} ${values.handle}`;
  const wanted = new Map(
    rest.flatMap((one) => (one.kind === 'leaf' && one.wanted ? [[handle(one.wanted), one.wanted.key]] : [])),
  );
  return [...from.objects.values()].filter((held) => {
    if (held.kind !== 'leaf' || !wanted.has(handle(held)) || wanted.get(handle(held)) === held.key)
      return false;
    return to.objects.get(held.key)?.values.handle !== held.values.handle;
  });
}

function newObject({ action, kind, device, wanted }: Difference, from: State, inTheWay: TcObject[]): Step[] {
  if (!wanted) return [];
  if (action === 'replace' && inTheWay.some(({ key }) => key === wanted.key)) return [addStep(wanted)];
  if (action === 'add' && kind === 'root' && from.noqueue?.has(device)) return [replace(wanted)];
  if (action === 'add') return [addStep(wanted)];
  // Between the two steps the class has HTB's default queue, and its ceil still holds.
  return action === 'replace' && kind === 'leaf' ? [removeStep(wanted), addStep(wanted)] : [];
}

/** A rollback restores the noqueue qdisc that was the root before. */
function goneObject({ action, kind, device, held }: Difference, to: State, inTheWay: TcObject[]): Step[] {
  if (inTheWay.some(({ key }) => key === held?.key)) return [];
  if (action !== 'remove' || !held) return [];
  return kind === 'root' && to.noqueue?.has(device) ? [noqueue(held)] : [removeStep(held)];
}

function inPlace({ action, held, wanted }: Difference): Step[] {
  if (action !== 'change' || !wanted) return [];
  return [changeStep(held?.handle === undefined ? wanted : { ...wanted, handle: held.handle })];
}

function raisesGuarantee({ kind, held, wanted }: Difference): boolean {
  return kind === 'class' && Number(wanted?.values.rate) > Number(held?.values.rate);
}

function lowersGuarantee({ kind, held, wanted }: Difference): boolean {
  return kind === 'class' && Number(wanted?.values.rate) < Number(held?.values.rate);
}

/** A change without the raise of its guarantee. */
function exceptGuarantee(one: Difference): Step[] {
  const { held, wanted } = one;
  if (!held || !wanted || !raisesGuarantee(one)) return inPlace(one);
  return [changeStep(variant(wanted, { values: { ...wanted.values, rate: Number(held.values.rate) } }))];
}

/**
 * Changes that lower a ceil, children before parents, and the others, parents before children. So at each moment a guest can
 * reach either its old ceil or its new one, and never its new one limited by the old ceil of its group.
 */
function classChanges(differences: Difference[]): [lowered: Difference[], raised: Difference[]] {
  const changes = differences.filter(
    ({ kind, action }) => (kind === 'class' || kind === 'leaf') && action === 'change',
  );
  const isLowered = ({ held, wanted }: Difference) => {
    const ceil = Number(wanted?.values.ceil) - Number(held?.values.ceil);
    return ceil < 0 || (ceil === 0 && Number(wanted?.values.rate) < Number(held?.values.rate));
  };
  return [changes.filter(isLowered).reverse(), changes.filter((one) => !isLowered(one))];
}

/** Whether a class has others below it: then it has no leaf of its own. */
function isInner({ device, wanted }: Difference, to: State): boolean {
  return wanted?.kind === 'class' && !to.objects.has(`${device} leaf ${wanted.id}`);
}
