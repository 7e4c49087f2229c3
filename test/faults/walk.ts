// Walks one frame through what the kernel holds: the bridge's forward hook, the filter at the device it leaves
// by, the HTB trees it queues in. Like test/trace, but on the kernel's own reading; what it does not know
// stops it, so that nothing new goes by unseen.
import type { Filter, HtbClass, Kernel } from './snapshot.ts';

export interface Frame {
  /** The port it comes in by; absent for what the host itself sends. */
  iif?: string;
  oif: string;
  /** The host routes it: to and from bridges whose ports these are, or by devices that are ports of none. */
  routed?: { from?: string | undefined; to?: string | undefined };
}

/** A class that the frame waits in, with all above it. */
export interface Queue {
  device: string;
  /** From the leaf to the topmost. */
  path: HtbClass[];
  /** The tree's class for what has none. */
  isDefault: boolean;
}

export interface Walked {
  mark: number;
  priority?: string;
  /** In the order in which the frame waits; none means that nothing shapes it. */
  queues: Queue[];
  /** It is sent to a device that does not take it. */
  lost?: string;
}

export function walk(kernel: Kernel, frame: Frame): Walked {
  const { oif } = frame;
  const walked: Walked = { mark: 0, queues: [] };
  for (const stage of stagesOf(frame)) pass(kernel, stage, walked);
  const filter = (kernel.egress.get(oif) ?? []).find((one) => matches(one, walked.mark));
  if (filter) {
    const to = redirectOf(filter);
    if (!kernel.devices.get(to)?.up) return { ...walked, lost: `${oif} sends it to ${to}, which is not up` };
    if ((kernel.egress.get(to) ?? []).length > 0) throw new Error(`filters at ${to}, to which ${oif} sends`);
    queueAt(kernel, to, walked);
  }
  queueAt(kernel, oif, walked);
  return walked;
}

function queueAt(kernel: Kernel, device: string, walked: Walked): void {
  const root = kernel.qdiscs.find((qdisc) => qdisc.dev === device && qdisc.root && qdisc.kind === 'htb');
  if (!root) return;
  if ((kernel.atRoot.get(device) ?? []).length > 0) throw new Error(`filters at the root of ${device}`);
  const classes = kernel.classes.get(device) ?? new Map<string, HtbClass>();
  const defaultId = root.handle + Number(root.options.default ?? 0).toString(16);
  // htb_classify(): the leaf that the priority names, else the default class, else none.
  const leaf = [walked.priority, defaultId].map((id) => classes.get(id ?? '')).find((found) => found?.isLeaf);
  if (leaf) walked.queues.push({ device, path: pathOf(leaf, classes), isDefault: leaf.id === defaultId });
}

function pathOf(leaf: HtbClass, classes: Map<string, HtbClass>): HtbClass[] {
  const above = leaf.parent === undefined ? undefined : classes.get(leaf.parent);
  if (leaf.parent !== undefined && !above && !leaf.parent.endsWith(':')) throw new Error(`no ${leaf.parent}`);
  return [leaf, ...(above ? pathOf(above, classes) : [])];
}

function matches({ kind, options }: Filter, mark: number): boolean {
  if (kind === 'fw') return Number(options?.handle) === mark;
  if (kind === 'u32' && options?.match?.mask === '0') return true;
  const insns = options?.bytecode?.insns;
  if (kind !== 'bpf' || !insns) throw new Error(`a filter of kind ${kind}`);
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const insn = insns[at];
    if (insn?.code === 0x20 && insn.k === 2 ** 32 - 0x1000 + 20) accumulator = mark;
    else if (insn?.code === 0x15) at += accumulator === insn.k ? insn.jt : insn.jf;
    else if (insn?.code === 0x06) return insn.k !== 0;
    else throw new Error(`BPF that is not known: ${JSON.stringify(insn)}`);
  }
}

function redirectOf({ options }: Filter): string {
  const [action, ...more] = options?.actions ?? [];
  if (more.length > 0 || action?.mirred_action !== 'redirect' || !action.to_dev) {
    throw new Error(`an action that is not known: ${JSON.stringify(options)}`);
  }
  return action.to_dev;
}

type Expression = Record<string, unknown>;

interface Rule {
  table: string;
  chain: string;
  expr: Expression[];
}

/** A hook, and what is known there of the frame. */
interface Stage {
  family: string;
  hook: string;
  iif?: string | undefined;
  oif?: string | undefined;
  /** Of the host's routing, which forgets the class. */
  routes?: true;
}

/** Hooks of ours; a chain at another one stops whoever comes by. */
const hooks = {
  bridge: ['prerouting', 'input', 'forward', 'output'],
  inet: ['input', 'forward', 'postrouting'],
};

function stagesOf({ iif, oif, routed }: Frame): Stage[] {
  const bridge = (hook: string, ports: Pick<Stage, 'iif' | 'oif'>) => ({ family: 'bridge', hook, ...ports });
  if (iif === undefined) return [];
  if (!routed) return [bridge('prerouting', { iif }), bridge('forward', { iif, oif })];
  const { from, to } = routed;
  const inet = (hook: string, ports: Pick<Stage, 'iif' | 'oif'>) => ({
    ...bridge(hook, ports),
    family: 'inet',
  });
  return [
    ...(from ? [bridge('prerouting', { iif }), bridge('input', { iif })] : []),
    { ...inet('forward', { iif: from ?? iif, oif: to ?? oif }), routes: true },
    inet('postrouting', { oif: to ?? oif }),
    ...(to ? [bridge('output', { oif })] : []),
  ];
}

/** Through every base chain at a hook, in the order of their priorities. */
function pass(kernel: Kernel, stage: Stage, walked: Walked): void {
  if (stage.routes) delete walked.priority;
  const all = kernel.nft.flatMap(({ chain }) => (chain?.hook === undefined ? [] : [chain]));
  const odd = all.find(({ family, hook }) => !hooks[family as 'bridge' | 'inet']?.includes(String(hook)));
  if (odd) throw new Error(`a chain of ${odd.family} at the hook ${odd.hook}`);
  const bases = all
    .filter(({ family, hook }) => family === stage.family && hook === stage.hook)
    .sort((a, b) => Number(a.prio) - Number(b.prio));
  for (const { name, table } of bases) {
    let next: string | undefined = String(name);
    while (next !== undefined) next = runChain(kernel, String(table), next, stage, walked);
  }
}

/** @returns the chain to go on with */
function runChain(
  kernel: Kernel,
  table: string,
  chain: string,
  stage: Stage,
  walked: Walked,
): string | undefined {
  const rules = kernel.nft.flatMap(({ rule }) =>
    rule?.family === stage.family && rule.table === table && rule.chain === chain
      ? [rule as unknown as Rule]
      : [],
  );
  for (const { expr } of rules) {
    // Where addresses are learned, nothing becomes of the frame.
    if (expr.some(({ jump }) => (jump as { target?: string } | undefined)?.target === 'learn')) continue;
    // What is over a limit is dropped; one frame is not.
    if (expr.some(({ limit }) => (limit as { inv?: boolean } | undefined)?.inv)) continue;
    for (const one of expr) {
      const { mangle, vmap, match, ...unknown } = one as Record<string, Record<string, unknown> | undefined>;
      if (mangle) setMeta(kernel, table, mangle, stage, walked);
      else if (vmap) {
        const target = lookUp(kernel, table, vmap, stage, walked);
        if (target !== undefined && !target.goto)
          throw new Error(`a verdict that is not known: ${JSON.stringify(target)}`);
        if (target) return target.goto?.target;
      } else if (match && isOfOthers(match)) break;
      else throw new Error(`a rule that is not known: ${JSON.stringify(unknown)}`);
    }
  }
  return undefined;
}

/** What asks for another address than the guest's own, to or from which the walked frame is sent. */
function isOfOthers({ op, left }: Record<string, unknown>): boolean {
  return (
    op === '!=' && /^\{"payload":\{"protocol":"ether","field":"[ds]addr"\}\}$/.test(JSON.stringify(left))
  );
}

function setMeta(
  kernel: Kernel,
  table: string,
  { key, value }: Record<string, unknown>,
  stage: Stage,
  walked: Walked,
): void {
  const meta = (key as { meta?: { key?: string } }).meta?.key;
  const { map } = (typeof value === 'object' ? value : {}) as { map?: Record<string, unknown> };
  const given = map ? lookUp(kernel, table, map, stage, walked) : value;
  if (map && given === undefined) return;
  if (meta === 'mark' && typeof given === 'number') walked.mark = given;
  else if (meta === 'priority' && typeof given === 'string') walked.priority = given;
  else throw new Error(`nft sets ${JSON.stringify({ key, value })}`);
}

type Verdict = { goto?: { target: string } } & (string | number | object);

/** What a map has for the frame. */
function lookUp(
  kernel: Kernel,
  table: string,
  { key, data }: Record<string, unknown>,
  { family, iif = '', oif = '' }: Stage,
  { mark }: Walked,
): Verdict | undefined {
  const keys = (key as { concat?: unknown[] }).concat ?? [key];
  const known: Record<string, string | number> = { iifname: iif, oifname: oif, mark };
  const wanted = keys.map((one) => {
    const value = known[(one as { meta?: { key: string } }).meta?.key ?? ''];
    if (value === undefined) throw new Error(`a lookup by ${JSON.stringify(key)}`);
    return value;
  });
  const map = kernel.nft.find(
    (object) => object.map?.table === table && object.map.family === family && `@${object.map.name}` === data,
  )?.map;
  if (!map) throw new Error(`no map ${data}`);
  type Key = string | number | { concat: (string | number)[] };
  const partsOf = (one: Key) => (typeof one === 'object' ? one.concat : [one]);
  return ((map.elem ?? []) as [Key, Verdict][]).find(([one]) =>
    partsOf(one).every((part, at) => part === wanted[at]),
  )?.[1];
}
