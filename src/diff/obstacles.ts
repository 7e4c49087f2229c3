// What stands in the way of an uplink's tree: somebody's root qdisc, somebody's device of our ifb's name, an uplink that
// is gone. It costs what passes that tree and nothing else: the rules are loaded without it, so what was ours there and
// leads nowhere now is taken out like anything that nothing asks for. The next load without the obstacle heals it.
// What the kernel has refused to do to a tree counts the same, but for what stood there before: that stays in force.

import { type KernelState, keyOf, type State, type TcObject } from '../kernel/objects.ts';
import { aliasPrefix } from '../plan/names.ts';
import type { Obstacle } from '../store/in-force-plan.ts';
import { type Direction, directions } from '../units/units.ts';
import { type Refusal, type Unreached, withoutUnreached } from './unreached.ts';
import { type Way, waysOf, withoutElements } from './ways.ts';

/**
 * What of the rules can be had in this kernel.
 * @param asked what they say
 * @param refusals what it would not do when it was told last
 */
export function reachable(
  kernel: KernelState,
  asked: State,
  refusals: Refusal[] = [],
): { wanted: State; unreached: Unreached[]; obstacles: Obstacle[] } {
  const [leftovers, others] = [true, false].map((left) =>
    refusals.filter(({ stays }) => (stays !== undefined) === left),
  ) as [Refusal[], Refusal[]];
  const obstacles = findObstacles(kernel, asked, others);
  const free = withoutObstacles(kernel, asked, obstacles);
  const { wanted, unreached } = withoutUnreached(kernel, free, others);
  const left = withLeftovers(kernel, wanted, leftovers);
  return { wanted: left.wanted, unreached, obstacles: [...obstacles, ...left.obstacles] };
}

/** Whether it is one that a tree of the rules is on. */
export function hasTree(device: string, { objects, devices }: State): boolean {
  return devices.has(device) || objects.has(keyOf('root', device, ''));
}

/** Whether others can do without what the rules ask of a device: of an uplink, an ifb or a tap. */
export function concerns(device: string, asked: State): boolean {
  return hasTree(device, asked) || asked.objects.has(keyOf('clsact', device, ''));
}

interface Tree {
  uplink: string;
  direction: Direction;
  device: string;
}

type Blocked = Tree & Pick<Obstacle, 'reason' | 'hint' | 'refused'>;

function findObstacles(kernel: KernelState, asked: State, refusals: Refusal[]): Obstacle[] {
  const blocked = treesOf(asked).flatMap(
    (tree) => whyBlocked(kernel, tree) ?? whyRefused(refusals, tree) ?? [],
  );
  const obstacles = new Map<string, Obstacle>();
  for (const { uplink, direction, reason, hint, refused } of blocked) {
    const known = obstacles.get(`${uplink} ${reason}`);
    if (known)
      known.directions = directions.filter((one) => one === direction || known.directions.includes(one));
    else
      obstacles.set(`${uplink} ${reason}`, {
        uplink,
        directions: [direction],
        reason,
        hint,
        guests: guestsBehind(asked, uplink),
        ...(refused ? { refused } : {}),
      });
  }
  return [...obstacles.values()];
}

function whyBlocked(kernel: KernelState, tree: Tree): Blocked | undefined {
  const { uplink, direction, device } = tree;
  if (!kernel.present.has(uplink)) {
    const hint = 'bring it back, or take it out of the configuration';
    return { ...tree, reason: `the uplink ${uplink} is not there`, hint };
  }
  if (direction === 'in' && kernel.present.has(device) && !kernel.devices.has(device)) {
    const hint = `if nobody needs it: ip link del dev ${device}`;
    return { ...tree, reason: `there is a device ${device} that virt-shaper did not make`, hint };
  }
  const root = kernel.foreignRoots.get(device);
  if (root === undefined) return undefined;
  const hint = `if nobody needs it: tc qdisc del dev ${device} root`;
  return { ...tree, reason: `${device} has a root qdisc that virt-shaper did not set: ${root}`, hint };
}

/** What would not go stays, with what it hangs on: it costs nobody anything. */
function withLeftovers(
  kernel: KernelState,
  wanted: State,
  refusals: Refusal[],
): { wanted: State; obstacles: Obstacle[] } {
  const objects = new Map(wanted.objects);
  const keep = (held: TcObject | undefined) => {
    if (!held || objects.has(held.key)) return;
    objects.set(held.key, held);
    keep(kernel.objects.get(keyOf('class', held.device, held.parent ?? '')));
    keep(kernel.objects.get(keyOf('leaf', held.device, held.id)));
  };
  const obstacles = refusals.flatMap(({ device, message, stays = '' }): Obstacle[] => {
    const held = kernel.objects.get(stays);
    const tree = treesOf(wanted).find((one) => one.device === device);
    if (!held || !tree || wanted.objects.has(stays)) return [];
    keep(held);
    const { uplink, direction } = tree;
    const hint = `tc filter show dev ${device} shows whether a filter of others leads to it; virt-shaper sync tries again`;
    return [{ uplink, directions: [direction], reason: message, hint, guests: [], refused: 'leftover' }];
  });
  return { wanted: { ...wanted, objects }, obstacles };
}

function whyRefused(refusals: Refusal[], tree: Tree): Blocked | undefined {
  const refusal = refusals.find(({ device }) => device === tree.device);
  if (!refusal) return undefined;
  const hint = 'mend what that names; virt-shaper sync tries again';
  return { ...tree, reason: `${tree.device}: ${refusal.message}`, hint, refused: 'tree' };
}

function treesOf({ objects, devices }: State): Tree[] {
  const roots = [...objects.values()].filter(({ kind }) => kind === 'root');
  return roots.map(({ device }) => {
    const ifb = devices.get(device);
    return ifb
      ? { uplink: ifb.alias.slice(aliasPrefix.length), direction: 'in', device }
      : { uplink: device, direction: 'out', device };
  });
}

/** Each of a guest's taps whose frames from the uplink are sent to its ifb. */
function guestsBehind(state: State, uplink: string): Obstacle['guests'] {
  const ifb = ifbOf(state, uplink);
  return [...state.objects.values()]
    .filter(({ kind, values }) => kind === 'filter' && values.to === ifb)
    .map(({ device, subject = '' }) => ({ guest: subject.replace(/^guest /, '') || device, tap: device }));
}

function ifbOf({ devices }: State, uplink: string): string | undefined {
  return [...devices.values()].find(({ alias }) => alias === `${aliasPrefix}${uplink}`)?.name;
}

/**
 * The rules without what stands behind an obstacle. Where a tree could not be changed, it stays as the kernel has it,
 * with the guests that are in it.
 * @param obstacles those that are refusals are left with the guests that are not
 */
function withoutObstacles(kernel: KernelState, asked: State, obstacles: Obstacle[]): State {
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
  const kept = new Set(own.filter((device) => kernel.objects.has(keyOf('root', device, ''))));
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
  // An ifb of ours with somebody's qdisc on it stays: taking it away would take that away, too.
  const isOurs = (ifb: string) => kernel.devices.has(ifb) && (kernel.foreignRoots.has(ifb) || kept.has(ifb));
  const devices = new Map([...asked.devices].filter(([name]) => !ifbs.has(name) || isOurs(name)));
  return { ...asked, devices, objects, ruleset: withoutElements(asked.ruleset, (key) => lost.has(key)) };
}

/** Those that lead to a class that is not to be had. @param kept trees in which what a guest has stays his */
function lostElements(
  kernel: KernelState,
  asked: State,
  blocked: (direction: Direction) => Set<string>,
  kept: Set<string>,
): Map<string, Way> {
  const held = kept.size > 0 ? waysOf(kernel) : new Map<string, Way>();
  const isKept = (key: string, { uplink, direction, id }: Way) => {
    const device = direction === 'out' ? uplink : (ifbOf(asked, uplink) ?? '');
    return kept.has(device) && held.get(key)?.id === id && kernel.objects.has(keyOf('class', device, id));
  };
  return new Map(
    [...waysOf(asked)].filter(([key, way]) => blocked(way.direction).has(way.uplink) && !isKept(key, way)),
  );
}

function filtersOf({ objects }: State, tap: string): TcObject[] {
  return [...objects.values()].filter(({ kind, device }) => kind === 'filter' && device === tap);
}

const verbs = { out: 'send', in: 'receive' };
const shown = 20;

/** One sentence: what is in the way, what it costs whom, what to do. */
export function describeObstacle({
  uplink,
  directions: ways,
  reason,
  hint,
  guests,
  refused,
}: Obstacle): string {
  const stays = refused && `${refused === 'tree' ? uplink : 'that one'} stays as it was`;
  const names = [...new Set(guests.map(({ guest }) => guest))].sort();
  const all = names.length > shown ? [...names.slice(0, shown), `and ${names.length - shown} more`] : names;
  const what = ways.map((way) => verbs[way]).join(' and ');
  const cost =
    refused && names.length === 0
      ? undefined
      : `not shaped is what these guests ${what} by ${uplink}: ${all.join(', ')}`;
  return [reason, stays, cost, hint].filter((part) => part !== undefined).join('; ');
}
