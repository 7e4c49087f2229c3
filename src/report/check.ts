// The report of `check`: a line for each entry, with the prospective values of its guests and where these are written; and the same
// as JSON.
import type { Config } from '../config/config.ts';
import type { Foreseen } from '../policy/foresee.ts';
import type { Cut, Traced } from '../policy/origin.ts';
import type { GuestPolicy, UplinkPolicy } from '../policy/policy.ts';
import type { Problem, Source } from '../system/errors.ts';
import { formatSet } from '../text/figures.ts';
import { label } from '../text/label.ts';
import { type Cell, type Screen, table } from '../text/table.ts';
import { type Both, both, directions } from '../units/units.ts';
import { changingText } from './changing.ts';
import { dataVersion } from './in-use-data.ts';
import { problemAsData } from './problems.ts';

interface Row {
  guest: GuestPolicy;
  /** The uplink; absent where the values are the same on all. */
  uplink?: string;
}

/** @param main the main configuration file; paths are shown relative to its folder */
export function reportCheck({ uplinks }: Foreseen, config: Config, main: string, screen: Screen): string {
  const rows = rowsOf(uplinks);
  if (rows.length === 0) return '';
  const changes = changesOf(config);
  const hasGroups = rows.some(({ guest }) => guest.group !== undefined);
  const hasUplinks = rows.some(({ uplink }) => uplink !== undefined);
  return table(
    rows,
    [
      { title: 'GUEST', cell: ({ guest }) => label(guest.name), least: 8 },
      ...(hasGroups
        ? [{ title: 'GROUP', cell: ({ guest }: Row) => (guest.group ? label(guest.group) : '-') }]
        : []),
      ...(hasUplinks ? [{ title: 'UPLINK', cell: ({ uplink }: Row) => uplink ?? '-' }] : []),
      {
        title: 'RATE',
        cell: ({ guest }) =>
          values(
            guest.origin.rate,
            both((way) => guest.rate[way].effective),
          ),
      },
      { title: 'CEIL', cell: ({ guest }) => values(guest.origin.ceil, guest.ceil) },
      ...(changes.size > 0
        ? [{ title: 'FOR A TIME', cell: ({ guest }: Row) => changes.get(guest.name) ?? '-', worth: 2 }]
        : []),
      { title: 'WRITTEN', cell: ({ guest }) => place(guest.at, main), worth: 1 },
    ],
    screen,
  );
}

function rowsOf(uplinks: UplinkPolicy[]): Row[] {
  const [first, ...others] = uplinks;
  return (first?.guests ?? []).flatMap((guest): Row[] => {
    const all = [
      guest,
      ...others.flatMap((uplink) => uplink.guests.filter(({ name }) => name === guest.name)),
    ];
    const same = all.every((one) => figures(one) === figures(guest));
    return same ? [{ guest }] : all.map((one, at) => ({ guest: one, uplink: uplinks[at]?.name ?? '' }));
  });
}

/** The temporary values of each guest, those of its group and of [defaults] included. */
function changesOf({ defaults, groups, guests }: Config): Map<string, string> {
  const found = guests.flatMap(({ name, group, when, ...entry }) => {
    const own = changingText({
      ...entry,
      ...((when ?? defaults.when) ? { when: when ?? defaults.when } : {}),
    });
    const shared = changingText(groups.find((one) => one.name === group?.value) ?? {});
    const text = [own, shared && `its group ${shared}`].filter(Boolean).join('; ');
    return text === '' ? [] : [[name, text] as const];
  });
  return new Map(found);
}

function figures({ group, rate, ceil }: GuestPolicy): string {
  return JSON.stringify([group, both((way) => rate[way].effective), ceil]);
}

/** `30mbit`, `100mbit (built in)`, `30mbit out, 100mbit in`. */
function values(traced: Both<Traced>, value: Both<number>): Cell {
  const text = both((way) => `${formatSet(value[way])}${remark(traced[way])}`);
  return { text: text.out === text.in ? text.out : `${text.out} out, ${text.in} in` };
}

const lowered: Record<Cut['by'], string> = {
  metadata: '[defaults] metadata',
  ceil: 'its ceil',
  group: 'its group',
  link: 'the link',
  sum: 'scaled',
  refused: 'refused',
};

/** What lowered a value, or that it is not written in the entry. */
function remark({ from, cuts }: Traced): string {
  const last = cuts.at(-1);
  if (last) return ` (${lowered[last.by]})`;
  return from === 'defaults' ? ' (defaults)' : from === 'built-in' ? ' (built in)' : '';
}

function place(at: Source | undefined, main: string): Cell {
  if (!at) return { text: '-' };
  const folder = main.slice(0, main.lastIndexOf('/') + 1);
  const file = at.file.startsWith(folder) ? at.file.slice(folder.length) : at.file;
  return { text: `${file}:${at.line}`, tone: 'dim' };
}

export interface CheckResult {
  files: string[];
  problems: Problem[];
  /** The prospective policy; absent with errors. */
  foreseen?: Foreseen;
}

/** Rates in bits per second. */
export function checkAsData({ files, problems, foreseen }: CheckResult): object {
  const of = (severity: Problem['severity']) =>
    problems.filter((one) => one.severity === severity).map(problemAsData);
  const { uplinks, patterns } = foreseen ?? { uplinks: [], patterns: new Set() };
  const named = uplinks.filter(({ name }) => name !== '');
  return {
    version: dataVersion,
    files,
    errors: of('error'),
    warnings: of('warning'),
    uplinks: named.map(({ name: uplink, link, linkOrigin }) => ({
      uplink,
      ...both((way) => ({ ceil: link[way], ceilFrom: linkOrigin[way].from, ...placeOf(linkOrigin[way].at) })),
    })),
    guests: rowsOf(uplinks).map(({ guest, uplink }) => ({
      guest: guest.name,
      pattern: patterns.has(guest.name),
      ...(guest.group === undefined ? {} : { group: guest.group }),
      ...(uplink === undefined ? {} : { uplink }),
      ...placeOf(guest.at),
      ...Object.fromEntries(directions.map((way) => [way, wayAsData(guest, way)])),
    })),
  };
}

function wayAsData({ rate, ceil, origin }: GuestPolicy, way: 'out' | 'in'): object {
  const value = (key: 'rate' | 'ceil') => ({
    [`${key}From`]: origin[key][way].from,
    ...(origin[key][way].at ? { [`${key}Place`]: origin[key][way].at } : {}),
  });
  return { rate: rate[way].effective, ...value('rate'), ceil: ceil[way], ...value('ceil') };
}

function placeOf(at: Source | undefined): { place?: Source } {
  return at ? { place: at } : {};
}
