// The plan as the templates print it: plain data only, with the words each line needs at its own level.
import { label } from '../label.ts';
import { aliasPrefix, hex, signature, tableName } from '../plan/names.ts';
import type { ClassPlan, Plan, TreePlan, UplinkPlan } from '../plan/plan.ts';
import { version } from '../version.ts';

/** @param source what the configuration was read from, for the banner */
export function makeView(plan: Plan, source: string) {
  return {
    version,
    source,
    table: tableName,
    signature,
    alias: aliasPrefix,
    leaf: plan.leaf === 'fq_codel' ? 'fq_codel' : 'bfifo, since it has no fq_codel',
    redirect: plan.redirect === 'fw' ? 'a fw filter' : 'classic BPF, since it has no fw filter',
    chains: plan.chains.map((chain) => ({ ...chain, mark: markText(chain.mark) })),
    uplinks: plan.uplinks.map((uplink) => uplinkView(uplink, plan)),
  };
}

function uplinkView(uplink: UplinkPlan, plan: Plan) {
  return {
    ...uplink,
    trees: { out: treeView(uplink.trees.out), in: treeView(uplink.trees.in) },
    taps: uplink.taps.map((tap) => ({
      ...tap,
      ifb: uplink.ifb,
      fw: plan.redirect === 'fw',
      mark: markText(tap.mark),
      markDecimal: tap.mark,
    })),
  };
}

function treeView(tree: TreePlan) {
  const { device } = tree;
  const row = (plan: ClassPlan) => ({
    configured: undefined,
    leaf: undefined,
    ...plan,
    device,
    owner: plan.kind === 'unmarked' ? 'all that is not marked' : `${plan.kind} ${label(plan.name)}`,
  });
  return {
    ...tree,
    link: row(tree.link),
    unmarked: row(tree.unmarked),
    groups: tree.groups.map(({ group, guests }) => ({ group: row(group), guests: guests.map(row) })),
    guests: tree.guests.map(row),
  };
}

function markText(mark: number): string {
  return `0x${hex(mark).padStart(8, '0')}`;
}
