// Walks one frame through what the kernel holds: the bridge's forward hook, the filter at the device it leaves
// by, the HTB trees it queues in. Like test/trace, but on the kernel's own reading; what it does not know
// stops it, so that nothing new goes by unseen.
import type { Filter, HtbClass, Kernel } from './snapshot.ts';

export interface Frame {
  /** The port it comes in by; absent for what the host itself sends. */
  iif?: string;
  oif: string;
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

export function walk(kernel: Kernel, { iif, oif }: Frame): Walked {
  const walked: Walked = { mark: 0, queues: [] };
  if (iif !== undefined) forward(kernel, iif, oif, walked);
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

/** Through every base chain of the bridge family at the forward hook, in the order of their priorities. */
function forward(kernel: Kernel, iif: string, oif: string, walked: Walked): void {
  const bases = kernel.nft
    .flatMap(({ chain }) => (chain?.family === 'bridge' && chain.hook !== undefined ? [chain] : []))
    .sort((a, b) => Number(a.prio) - Number(b.prio));
  for (const base of bases) {
    if (base.hook === 'input' || base.hook === 'output') continue; // What the host itself takes and sends.
    if (base.hook !== 'forward') throw new Error(`a chain at the hook ${base.hook}`);
    let next: string | undefined = String(base.name);
    while (next !== undefined) next = runChain(kernel, String(base.table), next, { iif, oif }, walked);
  }
}

/** @returns the chain to go on with */
function runChain(
  kernel: Kernel,
  table: string,
  chain: string,
  frame: { iif: string; oif: string },
  walked: Walked,
): string | undefined {
  const rules = kernel.nft.flatMap(({ rule }) =>
    rule?.family === 'bridge' && rule.table === table && rule.chain === chain
      ? [rule as unknown as Rule]
      : [],
  );
  for (const { expr } of rules) {
    for (const one of expr) {
      const { mangle, vmap, match, ...unknown } = one as Record<string, Record<string, unknown> | undefined>;
      if (mangle) setMeta(mangle, walked);
      else if (vmap) {
        const target = lookUp(kernel, table, vmap, frame);
        if (target !== undefined) return target;
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

function setMeta({ key, value }: Record<string, unknown>, walked: Walked): void {
  const meta = (key as { meta?: { key?: string } }).meta?.key;
  if (meta === 'mark' && typeof value === 'number') walked.mark = value;
  else if (meta === 'priority' && typeof value === 'string') walked.priority = value;
  else throw new Error(`nft sets ${JSON.stringify({ key, value })}`);
}

function lookUp(
  kernel: Kernel,
  table: string,
  { key, data }: Record<string, unknown>,
  { iif, oif }: { iif: string; oif: string },
): string | undefined {
  if (JSON.stringify(key) !== '{"concat":[{"meta":{"key":"iifname"}},{"meta":{"key":"oifname"}}]}')
    throw new Error(`a lookup by ${JSON.stringify(key)}`);
  const map = kernel.nft.find((object) => object.map?.table === table && `@${object.map.name}` === data)?.map;
  if (!map) throw new Error(`no map ${data}`);
  type Element = [{ concat: [string, string] }, { goto: { target: string } }];
  const found = ((map.elem ?? []) as Element[]).find(
    ([{ concat }]) => concat[0] === iif && concat[1] === oif,
  );
  if (!found) return undefined;
  if (!found[1].goto) throw new Error(`a verdict that is not known: ${JSON.stringify(found[1])}`);
  return found[1].goto.target;
}
