// Explains a group: where its ceil is written and what cut it, the entries that name it, and the traffic of the group and its
// members now.

import type { Config, GroupEntry } from '../../config/config.ts';
import { matchGuest } from '../../config/pattern.ts';
import type { GuestRow } from '../../observe/guests.ts';
import type { InUse } from '../../observe/read-in-use.ts';
import { allowancesFor } from '../../observe/volumes.ts';
import type { Guarantee, Policy, UplinkPolicy } from '../../policy/policy.ts';
import type { Source } from '../../system/errors.ts';
import { formatSet } from '../../text/figures.ts';
import { label } from '../../text/label.ts';
import type { Line } from '../../text/spans.ts';
import type { Screen } from '../../text/table.ts';
import { formatPath } from '../../toml/write.ts';
import { formatRate } from '../../units/rate.ts';
import { type Both, both, directions } from '../../units/units.ts';
import { dataVersion, groupsAsData, guestAsData } from '../in-use-data.ts';
import { describeReasons, hints } from '../reasons.ts';
import { reportTree } from '../tree.ts';
import { quotaUseText } from '../volumes.ts';
import { type EntryMatch, matchOf } from './match.ts';
import { type Place, places, rateOrigin } from './origin.ts';
import { rateAsData } from './rate-data.ts';
import { dim, heading, plain, row, strong, warning } from './spans.ts';
import type { ExplainedRate } from './values.ts';

export interface GroupExplanation {
  group: string;
  /** Where it is written; absent for a group in force that is no longer in the configuration. */
  entry?: { header: string; at: Source };
  /** The entries of guests that name it. */
  members: EntryMatch[];
  /** The uplinks with a shaped member, by the present configuration. */
  uplinks: {
    uplink: string;
    link: UplinkPolicy['linkOrigin'];
    ceil: Both<ExplainedRate>;
    /** The sum of its running members' guarantees, in bits per second. */
    rate: Both<Guarantee>;
  }[];
  /** Its classes in force, with their traffic. */
  inUse: InUse;
}

/** The rows of those who are in the group by the rules in force, and of those whose entry puts them there, shaped or not. */
export function rowsOfGroup(name: string, config: Config, rows: GuestRow[]): GuestRow[] {
  return rows.filter(({ guest, group, uplink }) => {
    const entry = matchGuest(config, guest);
    if (group === name || entry?.group?.value === name) return true;
    // What an entry says for one uplink is of no row of another; where nothing is in force, the uplink is not known.
    return uplink === undefined && entry !== undefined && names(entry, name);
  });
}

/** @param inUse only the branches and the rows of this group */
export function explainGroup(group: string, config: Config, policy: Policy, inUse: InUse): GroupExplanation {
  const own = config.groups.find(({ name }) => name === group);
  return {
    group,
    ...(own ? { entry: { header: `[${formatPath(['group', group])}]`, at: own.at } } : {}),
    members: config.guests.filter((entry) => names(entry, group)).map(matchOf),
    uplinks: policy.uplinks.flatMap(({ name, groups, linkOrigin }) => {
      const held = groups.find((one) => one.name === group);
      if (!held) return [];
      const { rate, ceil, origin } = held;
      return [
        {
          uplink: name,
          link: linkOrigin,
          ceil: both((way) => ({ value: ceil[way], ...origin.ceil[way] })),
          rate,
        },
      ];
    }),
    inUse,
  };
}

function names({ group, on }: Config['guests'][number], name: string): boolean {
  return [group, ...[...on.values()].map((values) => values.group)].some((one) => one?.value === name);
}

/** @param folder of the configuration: files below it are named without it */
export function groupLines(
  explanation: GroupExplanation,
  groups: GroupEntry[],
  folder: string,
  screen: Screen,
): Line[] {
  const { group, entry, members, uplinks, inUse } = explanation;
  const place = places(folder);
  const running = new Set(inUse.guests.map(({ guest }) => guest));
  const wrong = describeReasons(inUse.guests.filter(({ state }) => state !== 'left out'));
  const written = groups.find(({ name }) => name === group);
  const idle = written && uplinks.length === 0 ? ceilsWritten(written, place) : [];
  const lines: Line[] = [
    [strong(label(group)), plain(` is a group; ${describeRunning(running.size)}.`)],
    ...[...wrong, ...hints(inUse.guests, [])].map((text): Line => [warning('  ! '), plain(text)]),
    [],
    entry
      ? named('entry', entry.header, place(entry.at))
      : named('entry', 'none in the configuration', 'what is in force has it still'),
    ...idle,
    ...members.map(({ header, at }, index) => named(index === 0 ? 'guests' : '', header, place(at))),
    ...allowancesFor(inUse.allowances, [], [group]).quotas.map((one) =>
      named('volume', quotaUseText(one), ''),
    ),
    ...uplinks.flatMap((uplink) => [[], ...valueLines(uplink, place)]),
    ...(inUse.uplinks.length > 0 ? [[]] : []),
  ];
  const tree = inUse.uplinks.length > 0 ? reportTree({ ...inUse, guests: [], inner: [] }, screen) : '';
  return [
    ...lines,
    ...tree
      .split('\n')
      .slice(0, -1)
      .map((text) => [plain(text)]),
  ];
}

function describeRunning(count: number): string {
  if (count === 0) return 'no guest of it runs';
  return count === 1 ? '1 guest of it runs' : `${count} guests of it run`;
}

function ceilsWritten({ ceil }: GroupEntry, place: Place): Line[] {
  if (!ceil) return [];
  const { out, in: inward } = ceil;
  const text =
    out.value === inward.value
      ? formatRate(out.value)
      : `${formatRate(out.value)} out, ${formatRate(inward.value)} in`;
  return [named('ceil', text, out.at ? place(out.at) : '')];
}

function valueLines({ uplink, link, ceil, rate }: GroupExplanation['uplinks'][number], place: Place): Line[] {
  const same = ceil.out.value === ceil.in.value && rate.out.effective === rate.in.effective;
  const rows = (same ? (['out'] as const) : directions).flatMap((way) => {
    const { configured, effective } = rate[way];
    const scaled = effective === configured ? '' : `, scaled from ${formatRate(configured)}`;
    const to = { name: uplink, link: both((one) => ({ value: ceil[one].value, ...link[one] })) };
    const shown = same ? '' : way;
    return [
      { name: 'ceil', way: shown, value: ceil[way].value, origin: rateOrigin(ceil[way], to, place) },
      { name: 'rate', way: shown, value: effective, origin: [`the sum of its running guests'${scaled}`] },
    ];
  });
  return [
    heading(`On ${uplink}`),
    ...rows.flatMap(({ name, way, value, origin: [first = '', ...more] }) => [
      row([
        plain(`${name.padEnd(8)}${way === '' ? '' : way.padEnd(5)}${formatSet(value).padEnd(10)}  `),
        dim(first),
      ]),
      ...more.map((text) => row([plain(' '.repeat(same ? 20 : 25)), dim(text)])),
    ]),
  ];
}

function named(name: string, text: string, where: string): Line {
  return row([plain(name.padEnd(8)), plain(text), dim(where === '' ? '' : `  ${where}`)]);
}

/** For --json: the configured values, then the group and its members as in `status`. */
export function groupAsData({ inUse, entry, members, uplinks, group }: GroupExplanation): object {
  return {
    version: dataVersion,
    group,
    ...(entry ? { entry } : {}),
    members,
    uplinks: uplinks.map(({ link: _, ceil, ...values }) => ({
      ...values,
      ceil: both((way) => rateAsData(ceil[way])),
    })),
    groups: inUse.uplinks.flatMap((uplink) => groupsAsData(uplink)),
    guests: inUse.guests.map((one: GuestRow) => guestAsData(one)),
  };
}
