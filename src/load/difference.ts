// What must be done to bring a kernel from one state to another, as lines of ip -batch and tc -batch in
// three stages: first what no packet reaches yet and what changes in place, then the one nft -f at which
// traffic moves over, last what no mark leads to any more. Pure; nothing different gives no step.
import { tableName } from '../plan/names.ts';
import { digestOf } from './digest.ts';
import type { KernelState, State, TcObject } from './objects.ts';
import { differingOptions } from './tc-values.ts';

export interface Step {
  tool: 'ip' | 'tc';
  /** The batch line. */
  line: string;
  /** What changes and why, for people. */
  reason: string;
  /** The object of rules.d that it comes from. */
  object?: TcObject;
}

export interface Difference {
  stage: Step[];
  /** For `nft -f`; absent when the table is right. */
  commit?: string;
  retire: Step[];
}

export const noTable = `table bridge ${tableName} {}\ndelete table bridge ${tableName}\n`;

export function isEmpty(difference: Difference): boolean {
  return difference.stage.length === 0 && difference.commit === undefined && difference.retire.length === 0;
}

/** @param ours whether everything that `to` lacks is of our making, as when a failed load is taken back */
export function difference(from: KernelState, to: State, ours = false): Difference {
  const rebuilt = treesToRebuild(from, to);
  const commit = wantedRuleset(from, to);
  return {
    stage: [
      ...addDevices(from, to),
      ...dropTrees(rebuilt),
      ...lowerRates(from, to, rebuilt),
      ...addAndChange(from, to, rebuilt),
    ],
    ...(commit === undefined ? {} : { commit }),
    retire: [...retireObjects(from, to, rebuilt, ours), ...retireDevices(from, to)],
  };
}

function wantedRuleset(from: KernelState, to: State): string | undefined {
  if (from.ruleset === to.ruleset || from.loaded?.digest === digestOf(to.ruleset)) return undefined;
  const takesAway = to.ruleset.replace(/^#.*\n|\n/gm, '') === noTable.replaceAll('\n', '');
  return takesAway && !from.hasTable ? undefined : to.ruleset;
}

function addDevices(from: KernelState, to: State): Step[] {
  return [...to.devices.values()].flatMap((device) => {
    const held = from.devices.get(device.name);
    const [add = '', set = ''] = device.lines;
    if (!held)
      return device.lines.map((line): Step => ({ tool: 'ip', line, reason: `${device.name} is missing` }));
    if (held.up && held.alias === device.alias) return [];
    return [{ tool: 'ip', line: set || add, reason: `${device.name} is down or has another alias` }];
  });
}

/**
 * HTB changes neither its default class nor a class's parent once it is there. A guest's class can be taken
 * out and made anew; for a root, or a class with others below it, the whole tree has to be.
 */
function treesToRebuild(from: KernelState, to: State): Set<string> {
  const inner = new Set(
    [...from.objects.values(), ...to.objects.values()].map((o) => `${o.device} ${o.parent}`),
  );
  const rebuilt = new Set<string>();
  for (const wanted of to.objects.values()) {
    const held = from.objects.get(wanted.key);
    if (!held) continue;
    if (wanted.kind === 'root' && differingOptions(wanted, held).length > 0) rebuilt.add(wanted.device);
    if (wanted.parent !== held.parent && inner.has(`${wanted.device} ${wanted.id}`))
      rebuilt.add(wanted.device);
  }
  return rebuilt;
}

function dropTrees(rebuilt: Set<string>): Step[] {
  return [...rebuilt].map((device) => ({
    tool: 'tc',
    line: `qdisc del dev ${device} root`,
    reason: `the tree on ${device} has another root`,
  }));
}

/**
 * Guarantees that shrink go first, children before parents, so that at no moment do the children's sum to
 * more than the parent's.
 */
function lowerRates(from: KernelState, to: State, rebuilt: Set<string>): Step[] {
  return classesToChange(from, to, rebuilt)
    .filter(({ wanted, held }) => rateOf(wanted) < rateOf(held))
    .reverse()
    .map(changeClass);
}

function addAndChange(from: KernelState, to: State, rebuilt: Set<string>): Step[] {
  const raised = new Map(
    classesToChange(from, to, rebuilt)
      .filter(({ wanted, held }) => rateOf(wanted) >= rateOf(held))
      .map((pair) => [pair.wanted.key, pair]),
  );
  const made = new Set<string>();
  return [...to.objects.values()].flatMap((wanted): Step[] => {
    const held =
      rebuilt.has(wanted.device) && wanted.kind !== 'filter' ? undefined : from.objects.get(wanted.key);
    const pair = raised.get(wanted.key);
    if (pair) return [changeClass(pair)];
    const onNewClass = wanted.kind === 'leaf' && made.has(`${wanted.device} ${wanted.id}`);
    if (wanted.kind === 'class' && (!held || held.parent !== wanted.parent))
      made.add(`${wanted.device} ${wanted.id}`);
    if (!held || onNewClass)
      return [{ tool: 'tc', line: wanted.line, reason: 'it is missing', object: wanted }];
    if (wanted.kind === 'class' && held.parent !== wanted.parent) {
      return replace(
        wanted,
        `class del dev ${wanted.device} classid ${wanted.id}`,
        'it is below another class',
      );
    }
    const differing = wanted.kind === 'class' || wanted.kind === 'root' ? [] : differingOptions(wanted, held);
    if (differing.length === 0) return [];
    const reason = differing
      .map((name) => `${name} is ${held.values[name]}, not ${wanted.values[name]}`)
      .join(', ');
    if (wanted.kind === 'filter') return replace(wanted, removal(wanted), reason);
    if (wanted.values.kind === held.values.kind && wanted.values.handle === held.values.handle) {
      return [
        { tool: 'tc', line: wanted.line.replace(/^qdisc add/, 'qdisc change'), reason, object: wanted },
      ];
    }
    return replace(wanted, removal(wanted), reason);
  });
}

function replace(wanted: TcObject, remove: string, reason: string): Step[] {
  return [remove, wanted.line].map((line) => ({ tool: 'tc', line, reason, object: wanted }));
}

interface Pair {
  wanted: TcObject;
  held: TcObject;
}

function classesToChange(from: KernelState, to: State, rebuilt: Set<string>): Pair[] {
  return [...to.objects.values()].flatMap((wanted) => {
    const held = from.objects.get(wanted.key);
    if (wanted.kind !== 'class' || !held || rebuilt.has(wanted.device) || held.parent !== wanted.parent)
      return [];
    return differingOptions(wanted, held).length > 0 ? [{ wanted, held }] : [];
  });
}

function changeClass({ wanted, held }: Pair): Step {
  const reason = differingOptions(wanted, held)
    .map((name) => `${name} is ${held.values[name]}, not ${wanted.values[name]}`)
    .join(', ');
  return { tool: 'tc', line: wanted.line.replace(/^class add/, 'class change'), reason, object: wanted };
}

function rateOf(object: TcObject): number {
  return Number(object.values.rate);
}

/** Filters before the ifb they lead to, children before parents, and a whole tree by its root. */
function retireObjects(from: KernelState, to: State, rebuilt: Set<string>, ours: boolean): Step[] {
  const surplus = [...from.objects.values()].filter(
    (held) => !to.objects.has(held.key) && !rebuilt.has(held.device),
  );
  const roots = new Set(surplus.filter((held) => held.kind === 'root').map((held) => held.device));
  const classes = new Set(
    surplus.filter((held) => held.kind === 'class').map((held) => `${held.device} ${held.id}`),
  );
  const order = { filter: 0, clsact: 1, leaf: 2, class: 3, root: 4 };
  return surplus
    .filter(
      (held) =>
        held.kind === 'filter' || held.kind === 'clsact' || held.kind === 'root' || !roots.has(held.device),
    )
    .filter((held) => held.kind !== 'clsact' || isOurClsact(from, held.device, ours))
    .filter((held) => !(held.kind === 'leaf' && classes.has(`${held.device} ${held.id}`)))
    .filter((held) => !(held.kind === 'root' && goesWithDevice(from, to, held.device)))
    .sort((a, b) => order[a.kind] - order[b.kind] || depth(from, b) - depth(from, a))
    .map((held) => ({ tool: 'tc', line: removal(held), reason: 'nothing asks for it', object: held }));
}

/** An empty clsact may be anybody's, so it stays, unless we are taking back what we made ourselves. */
function isOurClsact(from: KernelState, device: string, ours: boolean): boolean {
  const filtered = [...from.objects.values()].some(
    (held) => held.kind === 'filter' && held.device === device,
  );
  return !from.sharedTaps.has(device) && (filtered || ours);
}

function retireDevices(from: KernelState, to: State): Step[] {
  return [...from.devices.keys()]
    .filter((name) => !to.devices.has(name))
    .map((name) => ({ tool: 'ip', line: `link del dev ${name}`, reason: 'nothing asks for it' }));
}

function goesWithDevice(from: KernelState, to: State, device: string): boolean {
  return from.devices.has(device) && !to.devices.has(device);
}

function depth(state: State, object: TcObject): number {
  const parent = state.objects.get(`${object.device} class ${object.parent}`);
  return parent ? depth(state, parent) + 1 : 0;
}

function removal({ kind, device, id }: TcObject): string {
  switch (kind) {
    case 'root':
      return `qdisc del dev ${device} root`;
    case 'clsact':
      return `qdisc del dev ${device} clsact`;
    case 'leaf':
      return `qdisc del dev ${device} parent ${id}`;
    case 'class':
      return `class del dev ${device} classid ${id}`;
    case 'filter':
      return `filter del dev ${device} egress pref ${id}`;
  }
}
