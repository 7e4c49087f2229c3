// A guarantee (rate) above the ceil of its guest, group or uplink is an error: HTB would send at the guarantee and exceed the
// ceil. Only rates written in an entry are reported; the policy caps a rate from [defaults], and every sum of guarantees,
// which depends on the running guests.

import type { Findings } from '../../toml/findings.ts';
import { formatPlace, isSamePlace } from '../../toml/place.ts';
import { formatPath } from '../../toml/write.ts';
import { formatRate } from '../../units/rate.ts';
import { type Both, directions } from '../../units/units.ts';
import type { Config, GuestEntry, Setting, UplinkEntry } from '../config.ts';

type Rates = Both<Setting<number>>;

/** A ceil that a guarantee must not exceed, and its name in messages. */
interface Limit {
  name: string;
  ceil: Rates | undefined;
}

export function checkGuarantees(config: Config, findings: Findings): void {
  const { defaults, uplinks, guests } = config;
  const report = (path: string[], rate: Rates | undefined, limits: Limit[]) => {
    for (const limit of limits) checkRate(path, rate, limit, defaults, findings);
  };

  report(['defaults'], defaults.rate, [{ name: 'its ceil', ceil: defaults.ceil }]);
  for (const { name, ceil, unmarked } of uplinks) {
    report(['uplink', name, 'unmarked'], unmarked.rate, [
      { name: 'its ceil', ceil: unmarked.ceil },
      { name: `the ceil of uplink ${name}`, ceil },
    ]);
  }
  for (const guest of guests) {
    for (const uplink of uplinksOf(guest, uplinks)) {
      const own = uplink !== undefined && guest.on.get(uplink)?.rate ? ['on', uplink] : [];
      report(['guest', guest.name, ...own], valuesOn(guest, uplink).rate, limitsOf(guest, uplink, config));
    }
  }
}

/**
 * The uplinks on which a guest's values certainly meet: those that it names, and the only one where there is one.
 * Undefined stands for any uplink that is not named.
 */
function uplinksOf(guest: GuestEntry, uplinks: UplinkEntry[]): (string | undefined)[] {
  const only = uplinks.length === 1 ? uplinks[0]?.name : undefined;
  const anywhere = only !== undefined && guest.on.has(only) ? undefined : only;
  return [anywhere, ...guest.on.keys()];
}

function limitsOf(guest: GuestEntry, on: string | undefined, { defaults, groups, uplinks }: Config): Limit[] {
  const { ceil = defaults.ceil, group: setting } = valuesOn(guest, on);
  const group = groups.find(({ name }) => name === setting?.value);
  const uplink = uplinks.find(({ name }) => name === on);
  return [
    { name: 'its ceil', ceil },
    { name: `the ceil of group ${group?.name}`, ceil: group && valuesOn(group, on).ceil },
    { name: `the ceil of uplink ${on}`, ceil: uplink?.ceil },
  ];
}

/** An entry's limits on one uplink. */
function valuesOn<T extends object>(
  entry: T & { on: Map<string, Partial<T>> },
  uplink: string | undefined,
): T {
  return { ...entry, ...(uplink !== undefined && entry.on.get(uplink)) };
}

function checkRate(
  path: string[],
  rate: Rates | undefined,
  { name, ceil }: Limit,
  defaults: Config['defaults'],
  findings: Findings,
): void {
  if (!rate || !ceil) return;
  // One value for both directions is reported twice here, which Findings stores once.
  const eachWay = !isSamePlace(rate.out.at, rate.in.at) || !isSamePlace(ceil.out.at, ceil.in.at);
  for (const direction of directions) {
    const { value, at } = rate[direction];
    const limit = ceil[direction];
    const isDefault = path[0] === 'guest' && isSamePlace(limit.at, defaults.ceil[direction].at);
    const inherited = path[0] === 'guest' && isSamePlace(at, defaults.rate[direction].at);
    if (!at || inherited || value <= limit.value) continue;
    const message =
      `${formatPath([...path, 'rate'])}${eachWay ? ` (${direction})` : ''}: ${formatRate(value)} is more than ` +
      `${name}, ${formatRate(limit.value)} (${originOf(limit, isDefault)})`;
    const hint = 'lower the rate or raise the ceil: such a guarantee could never be kept';
    if (isDefault) findings.absence(at, message, hint);
    else findings.error(at, message, hint);
  }
}

function originOf({ at }: Setting<number>, isDefault: boolean): string {
  if (!at) return 'the default, as none is written';
  return isDefault ? `from [defaults], ${formatPlace(at)}` : formatPlace(at);
}
