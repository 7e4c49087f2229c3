// Obstacles to the tree of an uplink: a root qdisc or a device with our ifb's name that we did not make, or an uplink that
// is missing. Only frames that pass that tree go unshaped: the rules are loaded without it, and objects of ours that are
// useless without it are deleted as surplus. The next load without the obstacle restores the tree. A tree that the kernel
// refused to change is an obstacle too, but its former objects stay in force.

import { type KernelState, objectKey, type State, type TcObject } from '../kernel/objects.ts';
import { aliasPrefix } from '../plan/names.ts';
import type { Obstacle } from '../store/in-force-plan.ts';
import { type Direction, directions } from '../units/units.ts';
import { type DeviceRefusal, type Unreached, withoutUnreached } from './unreached.ts';
import { ifbOf, withoutObstacles } from './without-obstacles.ts';

/**
 * The part of the rules that can be loaded into this kernel.
 * @param asked the state that the rules describe
 * @param refusals of the kernel, at earlier tries of this load
 */
export function reachable(
  kernel: KernelState,
  asked: State,
  refusals: DeviceRefusal[] = [],
): { wanted: State; unreached: Unreached[]; obstacles: Obstacle[] } {
  const [leftovers, others] = [true, false].map((left) =>
    refusals.filter(({ stays }) => (stays !== undefined) === left),
  ) as [DeviceRefusal[], DeviceRefusal[]];
  const obstacles = findObstacles(kernel, asked, others);
  const free = withoutObstacles(kernel, asked, obstacles);
  const { wanted, unreached } = withoutUnreached(kernel, free, others);
  const left = withLeftovers(kernel, wanted, leftovers);
  return { wanted: left.wanted, unreached, obstacles: [...obstacles, ...left.obstacles] };
}

/** Whether the rules have a tree on the device. */
export function hasTree(device: string, { objects, devices }: State): boolean {
  return devices.has(device) || objects.has(objectKey('root', device, ''));
}

/** Whether the rules concern the device, as uplink, ifb or tap: a load may go on without it. */
export function concerns(device: string, asked: State): boolean {
  return hasTree(device, asked) || asked.objects.has(objectKey('clsact', device, ''));
}

interface Tree {
  uplink: string;
  direction: Direction;
  device: string;
}

type Blocked = Tree & Pick<Obstacle, 'reason' | 'hint' | 'refused'>;

function findObstacles(kernel: KernelState, asked: State, refusals: DeviceRefusal[]): Obstacle[] {
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

/**
 * Keeps an object that could not be deleted in the wanted state, with its parents and its leaf: no guest suffers from it.
 */
function withLeftovers(
  kernel: KernelState,
  wanted: State,
  refusals: DeviceRefusal[],
): { wanted: State; obstacles: Obstacle[] } {
  const objects = new Map(wanted.objects);
  const keep = (held: TcObject | undefined) => {
    if (!held || objects.has(held.key)) return;
    objects.set(held.key, held);
    keep(kernel.objects.get(objectKey('class', held.device, held.parent ?? '')));
    keep(kernel.objects.get(objectKey('leaf', held.device, held.id)));
  };
  const obstacles = refusals.flatMap(({ device, message, stays = '' }): Obstacle[] => {
    const held = kernel.objects.get(stays);
    const tree = treesOf(wanted).find((one) => one.device === device);
    if (!held || !tree || wanted.objects.has(stays)) return [];
    keep(held);
    const { uplink, direction } = tree;
    const hint = `tc filter show dev ${device} shows whether a filter of others leads to it; virt-shaper sync --in-force tries again`;
    return [{ uplink, directions: [direction], reason: message, hint, guests: [], refused: 'leftover' }];
  });
  return { wanted: { ...wanted, objects }, obstacles };
}

function whyRefused(refusals: DeviceRefusal[], tree: Tree): Blocked | undefined {
  const refusal = refusals.find(({ device }) => device === tree.device);
  if (!refusal) return undefined;
  const hint = 'mend what that names; virt-shaper sync --in-force tries again';
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

/** The taps whose frames from the uplink are redirected to the uplink's ifb, with their guests. */
function guestsBehind(state: State, uplink: string): Obstacle['guests'] {
  const ifb = ifbOf(state, uplink);
  return [...state.objects.values()]
    .filter(({ kind, values }) => kind === 'filter' && values.to === ifb)
    .map(({ device, subject = '' }) => ({ guest: subject.replace(/^guest /, '') || device, tap: device }));
}

const verbs = { out: 'send', in: 'receive' };
const shown = 20;

/** One sentence: what the obstacle is, which guests are not shaped because of it, and what to do. */
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
