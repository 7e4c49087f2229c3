// The values that are changed for now, in words and as JSON: every view marks them, with their end and who set them.
import type { ClassInUse, TreeInUse, UplinkInUse } from '../observe/in-use.ts';
import type { ForNowValues } from '../policy/moment/for-now.ts';
import type { ForNow, MomentStep } from '../policy/moment/moment.ts';
import { printable } from '../system/printable.ts';
import { formatSet } from '../text/figures.ts';
import { label } from '../text/label.ts';
import type { Cell } from '../text/table.ts';
import { formatMinute } from '../units/clock.ts';
import { type Both, type Direction, directions } from '../units/units.ts';

/** More than this share a line. */
const each = 8;

/** `*5mbit`: the mark refers to a line below the table. */
export function setCell(bits: number, forNow: ForNow | undefined): Cell {
  return forNow ? { text: `*${formatSet(bits)}`, tone: 'warning' } : { text: formatSet(bits) };
}

/** @returns a line for each guest, group and unmarked class; changes by the group are not repeated for its members */
export function describeForNow(uplinks: UplinkInUse[], isShown = (_one: ClassInUse) => true): string[] {
  const lines = uplinks.flatMap((uplink) => {
    const several = uplinks.length > 1 ? ` on ${uplink.name}` : '';
    return subjectsOf(uplink).flatMap(({ name, classes, above }) => {
      const text = isShown(classes.out) ? forNowText(classes, above) : undefined;
      const where = classes.out.kind === 'unmarked' ? ` on ${label(uplink.name)}` : several;
      return text === undefined ? [] : [`* ${name}${where}: ${text}`];
    });
  });
  const more = lines.length - each;
  return more > 1
    ? [...lines.slice(0, each), `* and ${more} more: virt-shaper limits, and --json, have them`]
    : lines;
}

interface Subject {
  name: string;
  classes: Both<ClassInUse>;
  /** The class of its group. */
  above?: Both<ClassInUse> | undefined;
}

function subjectsOf({ trees }: UplinkInUse): Subject[] {
  const pair = (find: (tree: TreeInUse) => ClassInUse | undefined): Both<ClassInUse>[] => {
    const [out, inward] = [find(trees.out), find(trees.in)];
    return out && inward ? [{ out, in: inward }] : [];
  };
  const groups = trees.out.groups.flatMap(({ group, guests }, at): Subject[] => {
    const [classes] = pair((tree) => tree.groups[at]?.group);
    const members = guests.flatMap((_, place) => pair((tree) => tree.groups[at]?.guests[place]));
    return [
      ...(classes ? [{ name: `group ${label(group.name)}`, classes }] : []),
      ...members.map((each) => ({ name: label(each.out.name), classes: each, above: classes })),
    ];
  });
  const guests = trees.out.guests.flatMap((_, at) => pair((tree) => tree.guests[at]));
  return [
    ...groups,
    ...guests.map((classes) => ({ name: label(classes.out.name), classes })),
    ...pair((tree) => tree.unmarked).map((classes) => ({ name: 'unmarked', classes })),
  ];
}

type Values = Both<Pick<ClassInUse, 'forNow' | 'rate' | 'ceil'>>;

/**
 * `ceil 5mbit instead of 30mbit, until 2026-12-24 20:00, limited by alice: abuse report 4711`
 * @param above the class of its group, whose reasons are not repeated
 */
export function forNowText(classes: Values, above?: Values): string | undefined {
  const said = new Set(above ? changesOf(above).map(({ step }) => sourceOf(step)) : []);
  const bySource = new Map<string, Change[]>();
  for (const change of changesOf(classes)) {
    const source = sourceOf(change.step);
    if (!said.has(source)) bySource.set(source, [...(bySource.get(source) ?? []), change]);
  }
  const texts = [...bySource.values()].map((changes) => {
    const parts = keys.flatMap((key) => partsOf(changes.filter((one) => one.key === key)));
    return [...parts, whyText(changes[0]?.step as MomentStep)].join(', ');
  });
  return texts.length === 0 ? undefined : texts.join('; ');
}

const keys = ['ceil', 'rate'] as const;

interface Change {
  key: (typeof keys)[number];
  way: Direction;
  value: number;
  step: ForNow;
}

function changesOf(classes: Values): Change[] {
  return keys.flatMap((key) =>
    directions.flatMap((way) => {
      const { forNow, [key]: value } = classes[way];
      const step = forNow?.[key];
      return step ? [{ key, way, value, step }] : [];
    }),
  );
}

/** The text for one key, both directions merged where they are the same. */
function partsOf(changes: Change[]): string[] {
  const text = ({ key, value, step }: Change, way = '') =>
    `${key} ${formatSet(value)}${way} instead of ${formatSet(step.usual)}`;
  const [first, second] = changes;
  if (first && second && text(first) === text(second)) return [text(first)];
  return changes.map((change) => text(change, ` ${change.way}`));
}

/** Identifies the origin of a step: values of one `limit` call, or of one window, have the same. */
function sourceOf({ by, at, until, set }: MomentStep): string {
  return JSON.stringify([by, at, until, set]);
}

/** `until 2026-12-24 20:00, limited by alice: abuse report 4711` */
function whyText({ by, until, set }: MomentStep): string {
  const end = until === undefined ? [] : [`until ${formatMinute(until)}`];
  const why = set?.why === undefined ? '' : `: ${printable(set.why)}`;
  return [...end, set ? `${words[by]} by ${label(set.by)}${why}` : words[by]].join(', ');
}

const words: Record<MomentStep['by'], string> = {
  window: 'by the clock',
  boost: 'with credit',
  quota: 'its volume is used up',
  limit: 'limited',
};

/** For --json, with times in its usual format. */
export function forNowAsData({ rate, ceil }: ForNowValues): object {
  const of = (one: ForNow) => ({ ...stepAsData(one), usual: one.usual });
  return { ...(rate ? { rate: of(rate) } : {}), ...(ceil ? { ceil: of(ceil) } : {}) };
}

export function stepAsData({ until, set, ...step }: MomentStep): object {
  return {
    ...step,
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    ...(set ? { set: { ...set, since: new Date(set.since).toISOString() } } : {}),
  };
}
