// Converts the plan into the context of the templates: plain data, with all values of a line at the level of that line.
import { bridgesOf } from '../host/host.ts';
import { aliasPrefix, markText, signature, tableName } from '../plan/names.ts';
import type {
  ClassPlan,
  Leaf,
  LimitPlan,
  LimitsPlan,
  PacketBucket,
  Plan,
  TreePlan,
  UplinkPlan,
} from '../plan/plan.ts';
import { version } from '../system/version.ts';
import { label } from '../text/label.ts';

export type TemplateView = ReturnType<typeof makeView>;

/** @param source the configuration's file, for the banner */
export function makeView(plan: Plan, source: string) {
  return {
    version,
    source,
    table: tableName,
    signature,
    alias: aliasPrefix,
    ...outlineOf(plan),
    chains: plan.chains.map((chain) => ({
      ...chain,
      mark: markText(chain.mark),
      led: chain.lookups.length + chain.sent.length > 0,
      // As nft lists it: a single address without braces.
      macs: chain.macs && (chain.macs.length === 1 ? chain.macs[0] : `{ ${chain.macs.join(', ')} }`),
      sent: chain.sent.map(markView),
      routed: chain.routed.map(markView),
    })),
    senders: plan.senders.map(markView),
    arrivals: plan.arrivals.map(markView),
    limits: limitsView(plan.limits),
    uplinks: plan.uplinks.map((uplink) => uplinkView(uplink, plan)),
  };
}

/** Everything that the lines of a guest may depend on apart from other guests. */
export function outlineOf(plan: Plan) {
  const routes = plan.chains.some(({ routed }) => routed.length > 0);
  return {
    leaf: `${plan.leaf === 'fq_codel' ? 'fq_codel' : 'bfifo, since it has no fq_codel'}${hasOthers(plan) ? ', where the configuration names no other' : ''}`,
    redirect: redirects[plan.redirect],
    flooded: plan.chains.find(({ flooded }) => flooded !== undefined)?.flooded,
    reflect: plan.reflect,
    inet: plan.limits.kinds.local || routes,
    forwarded: plan.chains.some(({ lookups }) => lookups.length > 0),
    routes,
  };
}

function limitsView({ kinds, guests, taps }: LimitsPlan) {
  const enters = kinds.pps || kinds.storm;
  const neighbours = kinds.local || kinds.storm;
  const views = guests.map((guest) => limitView(guest));
  return {
    ...kinds,
    enters,
    neighbours,
    any: enters || neighbours,
    entering: views.filter(({ pps, storm }) => pps || storm),
    near: views.filter(({ local, storm }) => local || storm),
    toHost: views.filter(({ local }) => local),
    taps,
    addresses: taps.flatMap(({ device, macs }) => macs.map((mac) => ({ device, mac }))),
  };
}

function limitView({ local, pps, storm, ...guest }: LimitPlan) {
  const text = (amount: number | PacketBucket | undefined) => amount && over(amount);
  return { ...markView(guest), local: text(local), pps: text(pps), storm: text(storm) };
}

/** A limit as nft prints it. The burst is large enough for a frame of GSO, of 64 KB: a larger frame would never pass. */
function over(amount: number | PacketBucket): string {
  if (typeof amount !== 'number') return `${amount.packets}/second burst ${amount.burst} packets`;
  const [unit = '', worth = 1] = byteUnits.find(([, size]) => amount % size === 0) ?? [];
  return `${amount / worth} ${unit}/second burst 128 kbytes`;
}

const byteUnits = [
  ['mbytes', 2 ** 20],
  ['kbytes', 2 ** 10],
  ['bytes', 1],
] as const;

function hasOthers({ uplinks, leaf }: Plan): boolean {
  const trees = uplinks.flatMap(({ trees }) => [trees.out, trees.in]);
  const classes = trees.flatMap((tree) => [
    tree.unmarked,
    ...tree.guests,
    ...tree.groups.flatMap(({ guests }) => guests),
  ]);
  return classes.some((one) => one.leaf && one.leaf.kind !== leaf);
}

const redirects = {
  fw: 'a fw filter',
  bpf: 'classic BPF, since it has no fw filter',
  u32: 'a u32 filter, since it has neither fw filters nor classic BPF',
};

function uplinkView(uplink: UplinkPlan, plan: Plan) {
  return {
    ...uplink,
    bridges: bridgesOf({ ports: [...uplink.ports, ...uplink.taps] })
      .map(label)
      .join(', '),
    trees: { out: treeView(uplink.trees.out), in: treeView(uplink.trees.in) },
    taps: uplink.taps.map((tap) => ({
      ...tap,
      ifb: uplink.ifb,
      fw: plan.redirect === 'fw',
      u32: plan.redirect === 'u32',
      mark: markText(tap.mark),
      markDecimal: tap.mark,
    })),
  };
}

function treeView(tree: TreePlan) {
  const { device } = tree;
  const row = (plan: ClassPlan) => ({
    configured: undefined,
    ...plan,
    leaf: plan.leaf && leafView(plan.leaf),
    device,
    owner: owners[plan.kind] ?? `${plan.kind} ${label(plan.name)}`,
  });
  return {
    ...tree,
    link: row(tree.link),
    unmarked: row(tree.unmarked),
    flooded: tree.flooded && row(tree.flooded),
    groups: tree.groups.map(({ group, guests }) => ({ group: row(group), guests: guests.map(row) })),
    guests: tree.guests.map(row),
  };
}

/** The names of classes that belong to no guest. */
const owners: Partial<Record<ClassPlan['kind'], string>> = {
  unmarked: 'unmarked',
  flooded: 'flooded',
};

/** Templates can test only whether a value exists, so each kind of leaf is a field of its own. */
function leafView(leaf: Leaf) {
  const { kind } = leaf;
  return {
    ...leaf,
    bfifo: kind === 'bfifo',
    fq_codel: kind === 'fq_codel',
    sfq: kind === 'sfq',
    cake: kind === 'cake',
  };
}

function markView<T extends { mark: number }>(one: T): Omit<T, 'mark'> & { mark: string } {
  return { ...one, mark: markText(one.mark) };
}
