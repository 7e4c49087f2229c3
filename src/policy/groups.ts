// The group of a guest on an uplink, with its values there; it is made for its first member.

import { label } from '../text/label.ts';
import { isSamePlace } from '../toml/place.ts';
import { nearest } from '../units/nearest.ts';
import { both, type Direction } from '../units/units.ts';
import { type Compared, forNowOf } from './moment/for-now.ts';
import { stepsOf } from './moment/steps.ts';
import { bound, type Cut, findGroup, type Origin, type Sources, type Traced } from './origin.ts';
import { type GroupPolicy, tuningOf, type UplinkPolicy } from './policy.ts';

/** The configuration check rejects an entry with an unknown group; metadata may name any. */
export function groupOf(
  uplink: UplinkPolicy,
  guest: string,
  sources: Sources,
  warnings: string[],
): { policy: GroupPolicy; origin: Origin } | undefined {
  const found = findGroup(sources, uplink.name);
  if (!found) return undefined;
  const { name, ...origin } = found;
  const { groups, defaults } = sources.config;
  const allowed = defaults.metadata ? defaults.metadata.groups : [];
  if (origin.from === 'metadata' && groups.some((group) => group.name === name)) {
    if (allowed.some(({ value }) => value === name))
      return { policy: groupOn(sources, uplink, name), origin };
    const warning =
      `guest ${label(guest)}: its metadata asks for group ${label(name)}, which is not among those that ` +
      '[defaults] metadata lets guests choose: it is in none';
    if (!warnings.includes(warning)) warnings.push(warning);
    return undefined;
  }
  if (origin.from === 'metadata') {
    const meant = nearest(
      name,
      groups.map((group) => group.name),
    );
    const warning =
      `guest ${label(guest)}: its metadata names a group ${label(name)} that the configuration does not have` +
      `${meant === undefined ? '' : ` (did you mean ${label(meant)}?)`}: it is in none`;
    // A guest on several uplinks is warned about once.
    if (!warnings.includes(warning)) warnings.push(warning);
    return undefined;
  }
  return { policy: groupOn(sources, uplink, name), origin };
}

function groupOn({ config, moment }: Sources, uplink: UplinkPolicy, name: string): GroupPolicy {
  const known = uplink.groups.find((group) => group.name === name);
  if (known) return known;
  const entry = config.groups.find((group) => group.name === name);
  const here = { ...entry, ...entry?.on.get(uplink.name) };
  const ceils = both((direction) => {
    const own = entry?.ceil?.[direction];
    const { value, at } = here.ceil?.[direction] ?? { value: uplink.link[direction] };
    const from =
      here.ceil && !isSamePlace(here.ceil[direction].at, own?.at) ? ('on' as const) : ('entry' as const);
    const steps = stepsOf(moment, { kind: 'group', name }, entry ?? {}, 'ceil', direction, value);
    return { from, ...(at ? { at } : {}), found: value, steps, cuts: [] } as Traced;
  });
  const ceil = both((direction): Compared => {
    const link = linkLimit(uplink, direction);
    const step = ceils[direction].steps.at(-1);
    const value = bound(ceils[direction], [link]);
    return { value, usual: Math.min(ceils[direction].found, link.to), ...(step ? { step } : {}) };
  });
  const group: GroupPolicy = {
    name,
    rate: both(() => ({ configured: 0, effective: 0 })),
    ceil: both((direction) => ceil[direction].value),
    ...forNowOf(ceil),
    tuning: tuningOf(here),
    origin: { ceil: ceils },
  };
  uplink.groups.push(group);
  return group;
}

export function linkLimit(uplink: UplinkPolicy, direction: Direction): Cut {
  const { at } = uplink.linkOrigin[direction];
  return { by: 'link', name: uplink.name, to: uplink.link[direction], ...(at ? { at } : {}) };
}
