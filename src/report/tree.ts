// The screen of `tree`: the class hierarchy in force, with guarantee, ceil and present use of each class.

import type { ClassInUse, TreeInUse } from '../observe/in-use.ts';
import type { InUse } from '../observe/read-in-use.ts';
import { barText, drawnBar, halvesOf } from '../text/bar.ts';
import { atCeil, formatBytes, formatCount, formatSet, formatShare, formatSpeed } from '../text/figures.ts';
import { label } from '../text/label.ts';
import { type Cell, type Column, type Screen, table } from '../text/table.ts';
import { directions } from '../units/units.ts';
import { describeForNow, setCell } from './for-now.ts';
import { describeInner, describeReasons, hints } from './reasons.ts';
import { titleOf } from './summary.ts';

interface Row {
  branch: string;
  one: ClassInUse;
}

const verbs = { out: 'sending', in: 'receiving' };
const barWidth = 10;

export function reportTree({ uplinks, guests, inner, interval }: InUse, screen: Screen): string {
  const trees = uplinks.flatMap((uplink) =>
    directions.map((direction) => {
      const tree = uplink.trees[direction];
      const short = `${uplink.name}, ${verbs[direction]}`;
      const title =
        (screen.width ?? 80) < 60
          ? short
          : `${titleOf(uplink)}, ${verbs[direction]}${tree.device === uplink.name ? '' : `, on ${tree.device}`}`;
      return table(rows(tree), columnsFor(title, interval !== undefined), screen);
    }),
  );
  const troubled = guests.filter((row) => row.out !== undefined);
  const lines = [
    ...describeInner(inner),
    ...describeReasons(troubled),
    ...hints(troubled, inner),
    ...describeForNow(uplinks),
  ];
  const end = lines.map((line) => `${line}\n`).join('');
  return [...trees, ...(end === '' ? [] : [end])].join('\n');
}

function columnsFor(title: string, speeds: boolean): Column<Row>[] {
  const use: Column<Row>[] = [
    { title: 'NOW', right: true, cell: ({ one }) => speed(one) },
    {
      title: 'OF CEIL',
      right: true,
      cell: ({ one: { now, ceil } }) => (now === undefined ? '-' : formatShare(now / ceil)),
      worth: 6,
    },
    { title: ' '.repeat(barWidth), cell: ({ one }) => bar(one), worth: 1 },
  ];
  return [
    { title, cell: ({ branch }) => branch, least: 16 },
    { title: 'CLASS', cell: ({ one }) => id(one), worth: 4 },
    { title: 'RATE', right: true, cell: ({ one }) => rate(one), worth: 5 },
    { title: 'CEIL', right: true, cell: ({ one: { ceil, forNow } }) => setCell(ceil, forNow?.ceil) },
    ...(speeds ? use : []),
    {
      title: 'DROPPED',
      right: true,
      cell: ({ one: { use: held } }) => (held ? formatCount(held.dropped) : '-'),
      worth: 3,
    },
    {
      title: 'BACKLOG',
      right: true,
      cell: ({ one: { use: held } }) => (held ? formatBytes(held.backlog) : '-'),
      worth: 2,
    },
  ];
}

function rows({ link, unmarked, flooded, groups, guests }: TreeInUse): Row[] {
  const below = [
    ...groups.map(({ group, guests: members }) => ({ one: group, members })),
    ...guests.map((one) => ({ one, members: [] })),
    { one: unmarked, members: [] },
    ...(flooded ? [{ one: flooded, members: [] }] : []),
  ];
  return [
    { branch: 'link', one: link },
    ...below.flatMap(({ one, members }, index) => {
      const last = index === below.length - 1;
      const inner = members.map((member, at): Row => {
        const corner = at === members.length - 1 ? '└─ ' : '├─ ';
        return { branch: `${last ? '   ' : '│  '}${corner}${nameOf(member)}`, one: member };
      });
      return [{ branch: `${last ? '└─ ' : '├─ '}${nameOf(one)}`, one }, ...inner];
    }),
  ];
}

function nameOf({ kind, name }: ClassInUse): string {
  return kind === 'group' ? `group ${label(name)}` : kind === 'guest' ? label(name) : kind;
}

function id({ id: own, use }: ClassInUse): Cell {
  return use ? { text: own, tone: 'dim' } : { text: `${own} missing`, tone: 'problem' };
}

function rate({ rate: guaranteed, configured, forNow }: ClassInUse): Cell {
  if (configured === undefined) return setCell(guaranteed, forNow?.rate);
  return { text: `${formatSet(guaranteed)} of ${formatSet(configured)}`, tone: 'warning' };
}

function speed({ now, ceil }: ClassInUse): Cell {
  if (now === undefined) return { text: '-' };
  return { text: formatSpeed(now), tone: now >= atCeil * ceil ? 'warning' : 'plain' };
}

function bar({ now = 0, ceil }: ClassInUse): Cell {
  const text = barText(halvesOf(now, ceil, barWidth), drawnBar);
  return { text, tone: now >= atCeil * ceil ? 'warning' : 'plain' };
}
