// What stands in the way of an uplink's tree: somebody's root qdisc, somebody's device of our ifb's name, an uplink that
// is gone. It costs what passes that tree and nothing else: the rules are loaded without it, so what was ours there and
// leads nowhere now is taken out like anything that nothing asks for. The next load without the obstacle heals it.
// What the kernel has refused to do to a tree counts the same, but for what stood there before: that stays in force.

import { type KernelState, keyOf, type State, type TcObject } from '../kernel/objects.ts';
import { aliasPrefix } from '../plan/names.ts';
import type { Obstacle } from '../store/in-force-plan.ts';
import { type Direction, directions } from '../units/units.ts';
import { type Refusal, type Unreached, withoutUnreached } from './unreached.ts';
import { ifbOf, withoutObstacles } from './without-obstacles.ts';

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
