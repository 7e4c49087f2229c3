// What stands in the way of an uplink's tree: somebody's root qdisc, somebody's device of our ifb's name, an uplink that
// is gone. It costs what passes that tree and nothing else: the rules are loaded without it, so what was ours there and
// leads nowhere now is taken out like anything that nothing asks for. The next load without the obstacle heals it.

import type { KernelState, State } from '../kernel/objects.ts';
import { aliasPrefix } from '../plan/names.ts';
import type { Obstacle } from '../store/in-force-plan.ts';
import { type Direction, directions } from '../units/units.ts';
import { type Unreached, withoutUnreached } from './unreached.ts';
import { waysOf, withoutElements } from './ways.ts';

/**
 * What of the rules can be had in this kernel.
 * @param asked what they say
 */
export function reachable(
  kernel: KernelState,
  asked: State,
): { wanted: State; unreached: Unreached[]; obstacles: Obstacle[] } {
  const obstacles = findObstacles(kernel, asked);
  return { obstacles, ...withoutUnreached(kernel, withoutObstacles(kernel, asked, obstacles)) };
}

interface Tree {
  uplink: string;
  direction: Direction;
  device: string;
}

type Blocked = Tree & Pick<Obstacle, 'reason' | 'hint'>;

function findObstacles(kernel: KernelState, asked: State): Obstacle[] {
  const blocked = treesOf(asked).flatMap((tree) => whyBlocked(kernel, tree) ?? []);
  const obstacles = new Map<string, Obstacle>();
  for (const { uplink, direction, reason, hint } of blocked) {
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

/** The rules without what stands behind an obstacle. */
function withoutObstacles(kernel: KernelState, asked: State, obstacles: Obstacle[]): State {
  if (obstacles.length === 0) return asked;
  const blocked = (direction: Direction) =>
    new Set(obstacles.flatMap((one) => (one.directions.includes(direction) ? one.uplink : [])));
  const [out, into] = [blocked('out'), blocked('in')];
  const ifbs = new Set([...into].flatMap((uplink) => ifbOf(asked, uplink) ?? []));
  const trees = new Set([...out, ...ifbs]);
  const objects = new Map(asked.objects);
  for (const { key, kind, device, values } of asked.objects.values()) {
    const isLost = kind === 'filter' ? ifbs.has(String(values.to)) : kind !== 'clsact' && trees.has(device);
    if (isLost) objects.delete(key);
  }
  const used = new Set([...objects.values()].flatMap((one) => (one.kind === 'filter' ? one.device : [])));
  for (const { key, kind, device } of asked.objects.values()) {
    if (kind === 'clsact' && !used.has(device)) objects.delete(key);
  }
  // An ifb of ours with somebody's qdisc on it stays: taking it away would take that away, too.
  const isOurs = (ifb: string) => kernel.devices.has(ifb) && kernel.foreignRoots.has(ifb);
  const devices = new Map([...asked.devices].filter(([name]) => !ifbs.has(name) || isOurs(name)));
  const ways = waysOf(asked);
  const ruleset = withoutElements(asked.ruleset, (key) => {
    const way = ways.get(key);
    return way !== undefined && (way.direction === 'out' ? out : into).has(way.uplink);
  });
  return { ...asked, devices, objects, ruleset };
}

const verbs = { out: 'send', in: 'receive' };
const shown = 20;

/** One sentence: what is in the way, what it costs whom, what to do. */
export function describeObstacle({ uplink, directions: ways, reason, hint, guests }: Obstacle): string {
  const names = [...new Set(guests.map(({ guest }) => guest))].sort();
  const all = names.length > shown ? [...names.slice(0, shown), `and ${names.length - shown} more`] : names;
  const what = ways.map((way) => verbs[way]).join(' and ');
  return `${reason}; not shaped is what these guests ${what} by ${uplink}: ${all.join(', ')}; ${hint}`;
}
