// The hierarchy of each uplink as drawn lines: what each class is guaranteed and what it may reach.
import { formatRate } from '../config/rate.ts';
import { label } from '../label.ts';
import type { ClassPlan, Plan, TreePlan } from '../plan/plan.ts';
import { directions } from '../units.ts';

export function reportTree(plan: Plan): string {
  if (plan.uplinks.length === 0) return 'No guest that is to be shaped is running.\n';
  const verb = { out: 'sending', in: 'receiving' };
  return plan.uplinks
    .flatMap(({ name, bridge, trees }) =>
      directions.map((direction) => {
        const tree = trees[direction];
        const title = `${name} (${bridge}), ${verb[direction]}, on ${tree.device}`;
        return `${title}\n${table(rows(tree))}`;
      }),
    )
    .join('\n');
}

interface Row {
  branch: string;
  plan: ClassPlan;
}

function rows({ link, unmarked, groups, guests }: TreePlan): Row[] {
  const below = [
    ...groups.map(({ group, guests: members }) => ({ plan: group, members })),
    ...guests.map((plan) => ({ plan, members: [] })),
    { plan: unmarked, members: [] },
  ];
  return [
    { branch: 'link', plan: link },
    ...below.flatMap(({ plan, members }, index) => {
      const last = index === below.length - 1;
      const inner = members.map((member, at): Row => {
        const branch = `${last ? '   ' : '│  '}${at === members.length - 1 ? '└─ ' : '├─ '}${nameOf(member)}`;
        return { branch, plan: member };
      });
      return [{ branch: `${last ? '└─ ' : '├─ '}${nameOf(plan)}`, plan }, ...inner];
    }),
  ];
}

function nameOf({ kind, name }: ClassPlan): string {
  return kind === 'group' ? `group ${label(name)}` : kind === 'guest' ? label(name) : 'everything else';
}

function table(list: Row[]): string {
  const cells = list.map(({ branch, plan }) => [
    branch,
    plan.id,
    `${formatRate(plan.rate)} guaranteed${plan.configured ? ` (of ${formatRate(plan.configured)})` : ''}`,
    `${formatRate(plan.ceil)} at most`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return `${cells
    .map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')}\n`;
}
