// The policy if all configured guests ran at once: `check` shows it, and warns of oversubscription and of limits without effect,
// which would otherwise be noticed only once a guest is slower, or faster, than expected.
import type { Config } from '../config/config.ts';
import type { Host, Kernel } from '../host/host.ts';
import type { Problem } from '../system/errors.ts';
import { label } from '../text/label.ts';
import { byPlace } from '../toml/place.ts';
import { formatPath } from '../toml/write.ts';
import { formatRate } from '../units/rate.ts';
import { type Direction, directions } from '../units/units.ts';
import { ceilings, total } from './guarantees.ts';
import { newUplink } from './link.ts';
import { everyday } from './moment/moment.ts';
import type { GuestPolicy, UplinkPolicy } from './policy.ts';
import { type FoundUplink, findUplinks, portsOn } from './uplinks.ts';
import { addGuest } from './values.ts';

export interface Foreseen {
  /** With one guest for each entry, patterns included. Where no uplink is known, one without a name. */
  uplinks: UplinkPolicy[];
  /** The names of entries that are patterns. */
  patterns: Set<string>;
  warnings: Problem[];
}

/** @param kernel absent where its features could not be probed */
export function foresee(config: Config, devices: Host['devices'], kernel?: Kernel): Foreseen {
  const host: Host = { devices, kernel: kernel ?? { leaf: 'bfifo', redirect: 'bpf' } };
  const uplinks = uplinksOf(config, host).map((found) => {
    const uplink = newUplink(host, found, everyday, []);
    for (const entry of config.guests)
      addGuest(uplink, entry.name, { config, entry, moment: everyday }, undefined, []);
    return uplink;
  });
  const patterns = new Set(config.guests.flatMap(({ name, pattern }) => (pattern ? [name] : [])));
  const warnings = [
    ...uplinks.flatMap((uplink) => overcommitted(config, uplink, patterns, uplinks.length === 1)),
    ...aboveLink(config, uplinks),
    ...withoutCeil(config, uplinks),
    ...(kernel ? lackingLeaves(config, kernel) : []),
  ];
  const once = new Map(warnings.map((warning) => [JSON.stringify(warning), warning]));
  return {
    uplinks,
    patterns,
    warnings: [...once.values()].sort((a, b) => (a.at && b.at ? byPlace(a.at, b.at) : 0)),
  };
}

function uplinksOf(config: Config, host: Host): FoundUplink[] {
  const { devices } = host;
  const bridges = new Set([...devices.values()].flatMap(({ master }) => master ?? []));
  const found = [...bridges].flatMap((bridge) => findUplinks(config, host, [], bridge).uplinks);
  const written = config.uplinks.map((entry) => ({
    name: entry.name,
    ports: portsOn(devices, entry.name),
    entry,
  }));
  const all = new Map([...found, ...written].map((uplink) => [uplink.name, uplink]));
  return all.size > 0
    ? [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    : [{ name: '', ports: [] }];
}

/** Warns of guarantees that are oversubscribed when all guests run. Patterns do not count, since they match any number of guests. */
function overcommitted(
  config: Config,
  uplink: UplinkPolicy,
  patterns: Set<string>,
  isOnly: boolean,
): Problem[] {
  const named = { ...uplink, guests: uplink.guests.filter(({ name }) => !patterns.has(name)) };
  const found = directions.flatMap((direction) =>
    [...ceilings(named, direction)].flatMap(({ group, members, limit }) => {
      const sum = total(members, direction, 'effective');
      const isLink = group === undefined;
      return sum <= limit || (isLink && !isOnly) || !isKnown(uplink, direction, isLink)
        ? []
        : [{ direction, group, members, sum, limit }];
    }),
  );
  return found.flatMap(({ direction, group, members, sum, limit }): Problem[] => {
    const both = found.filter((one) => one.group === group && one.sum === sum && one.limit === limit);
    if (both.length === 2 && direction === 'in') return [];
    const path = group === undefined ? ['uplink', uplink.name] : ['group', group];
    const list = group === undefined ? config.uplinks : config.groups;
    const at = list.find(({ name }) => name === path[1])?.at;
    const way = both.length === 2 ? '' : ` (${direction})`;
    const limited = formatRate(limit);
    const what = group === undefined ? `the link has ${limited} for guests` : `its ceil is ${limited}`;
    return [
      {
        severity: 'warning',
        ...(at ? { at } : {}),
        message: `${formatPath(path)}${way}: ${namesOf(members)} guaranteed ${formatRate(sum)}${members.length > 1 ? ' together' : ''}, and ${what}`,
        hint: `when all run, each has ${((100 * limit) / sum).toFixed(0)} % of its rate for sure: lower the rates${group === undefined ? '' : ', or raise the ceil'}`,
      },
    ];
  });
}

/** Whether the limit is known: guarantees are not compared with the assumed speed of a link. */
function isKnown({ linkOrigin }: UplinkPolicy, direction: Direction, isLink: boolean): boolean {
  return !isLink || linkOrigin[direction].from !== 'assumed';
}

function namesOf(members: GuestPolicy[]): string {
  const names = members.map(({ name }) => label(name));
  if (names.length > 3) return `${names.length} guests are`;
  return `${names.slice(0, -1).join(', ')}${names.length > 1 ? ' and ' : ''}${names.at(-1)} ${names.length > 1 ? 'are' : 'is'}`;
}

/** Warns of a ceil above the speed of every uplink: it has no effect. */
function aboveLink({ guests, groups }: Config, uplinks: UplinkPolicy[]): Problem[] {
  const known = uplinks.filter(({ linkOrigin }) => linkOrigin.out.from !== 'assumed');
  if (known.length < uplinks.length) return [];
  const entries = [
    ...groups.map((entry) => ({ path: ['group', entry.name], ceil: entry.ceil })),
    ...guests.map((entry) => ({ path: ['guest', entry.name], ceil: entry.ceil })),
  ];
  return entries.flatMap(({ path, ceil }) =>
    directions.flatMap((direction): Problem[] => {
      const { value, at } = ceil?.[direction] ?? { value: 0 };
      const most = Math.max(...known.map(({ link }) => link[direction]));
      if (!at || value <= most) return [];
      const who = known.length === 1 ? `uplink ${known[0]?.name}` : 'any uplink';
      const message = `${formatPath([...path, 'ceil'])}: ${formatRate(value)} is more than ${who} has, ${formatRate(most)}`;
      return [{ severity: 'warning', at, message, hint: 'it limits nothing: lower it, or leave it out' }];
    }),
  );
}

/** Warns of a rate without any ceil: in other tools "rate" is the limit. A ceil of the group or of [defaults] counts as one. */
function withoutCeil({ guests }: Config, uplinks: UplinkPolicy[]): Problem[] {
  return guests.flatMap(({ name, rate, ceil }): Problem[] => {
    const foreseen = uplinks.flatMap((uplink) => uplink.guests.filter((guest) => guest.name === name));
    const isBare = foreseen.some(({ origin }) => isBuiltIn(origin.ceil));
    const at = rate?.out.at ?? rate?.in.at;
    if (!at || ceil || !isBare) return [];
    const most = Math.max(...foreseen.map((guest) => guest.ceil.out));
    const message = `${formatPath(['guest', name])}: a rate and no ceil: it may reach ${formatRate(most)}`;
    const hint = 'rate is what it is guaranteed, ceil is its limit: write a ceil, here or in [defaults]';
    return [{ severity: 'warning', at, message, hint }];
  });
}

function isBuiltIn(ceil: GuestPolicy['origin']['ceil']): boolean {
  return directions.some(
    (direction) =>
      ceil[direction].from === 'built-in' && !ceil[direction].cuts.some(({ by }) => by === 'group'),
  );
}

function lackingLeaves(
  { defaults, groups, guests, uplinks }: Config,
  { leaf, lacking = [] }: Kernel,
): Problem[] {
  const asked = [
    { path: ['defaults'], leaf: defaults.leaf },
    ...uplinks.map(({ name, unmarked }) => ({ path: ['uplink', name, 'unmarked'], leaf: unmarked.leaf })),
    ...groups.map((group) => ({ path: ['group', group.name], leaf: group.leaf })),
    ...guests.map((guest) => ({ path: ['guest', guest.name], leaf: guest.leaf })),
  ];
  return asked.flatMap(({ path, leaf: setting }): Problem[] => {
    const kind = setting?.value.kind;
    if (!setting?.at || !kind || !lacking.includes(kind)) return [];
    const message = `${formatPath([...path, 'leaf'])}: this kernel has no sch_${kind}, so the leaf is ${leaf}`;
    return [{ severity: 'warning', at: setting.at, message }];
  });
}
