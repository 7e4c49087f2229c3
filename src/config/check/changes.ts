// Conditional limits without an effect: a window that earlier windows shadow, a limit after a quota that is no lower, a boost
// that is no higher. These are warnings, since the other limits hold; a guarantee above its ceil is an error, as everywhere.
import type { Findings } from '../../toml/findings.ts';
import { formatPlace } from '../../toml/place.ts';
import { formatPath } from '../../toml/write.ts';
import { covers, formatDaysAndTimes } from '../../units/days-and-times.ts';
import { formatRate } from '../../units/rate.ts';
import { type Both, directions } from '../../units/units.ts';
import type { Boost, Config, OtherValues, Quota, Setting, Window } from '../config.ts';

type Rates = Both<Setting<number>>;

interface Changing {
  path: string[];
  rate?: Rates | undefined;
  /** Absent for a class without a ceil of its own, such as an unmarked one, which may use the whole link. */
  ceil?: Rates | undefined;
  when?: Window[] | undefined;
  quota?: Quota | undefined;
  boost?: Boost | undefined;
}

export function checkChanges(config: Config, findings: Findings): void {
  const { defaults, groups, guests, uplinks } = config;
  const all: Changing[] = [
    { ...defaults, path: ['defaults'] },
    ...uplinks.map(({ name, unmarked }) => ({ ...unmarked, path: ['uplink', name, 'unmarked'] })),
    ...groups.map((group) => ({ ...group, path: ['group', group.name] })),
    ...guests.map((guest) => ({ ceil: defaults.ceil, ...guest, path: ['guest', guest.name] })),
  ];
  for (const one of all) {
    for (const [index, window] of one.when?.entries() ?? []) {
      checkHolds(one, window, one.when?.slice(0, index) ?? [], findings);
      checkGuarantee([...one.path, 'when'], window, one, findings);
    }
    if (one.quota) checkThen(one, one.quota, findings);
    if (one.boost) checkBoost(one, one.boost, findings);
  }
}

/** The first open window applies. Windows open and close at their own boundaries only, so these moments are tried. */
function checkHolds({ path }: Changing, { at, times }: Window, before: Window[], findings: Findings): void {
  const marks = [
    0,
    ...[...before, { times }].flatMap((one) => one.times.flatMap(({ from, to }) => [from, to])),
  ];
  const isFree = (weekday: number, minute: number) =>
    times.some((time) => covers(time, { weekday, minute })) &&
    !before.some((one) => one.times.some((time) => covers(time, { weekday, minute })));
  const days = [0, 1, 2, 3, 4, 5, 6];
  if (before.length === 0 || days.some((day) => marks.some((minute) => isFree(day, minute)))) return;
  findings.warning(
    at,
    `${formatPath([...path, 'when'])}: this window never holds: those before it take all of ${times.map(formatDaysAndTimes).join(', ')}`,
    'the first one that holds counts: write this one before them',
  );
}

function checkGuarantee(
  path: string[],
  values: OtherValues,
  { ceil }: Pick<Changing, 'ceil'>,
  findings: Findings,
): void {
  for (const way of directions) {
    const rate = values.rate?.[way];
    const limit = values.ceil?.[way] ?? ceil?.[way];
    if (!rate?.at || !limit || rate.value <= limit.value) continue;
    findings.error(
      rate.at,
      `${formatPath([...path, 'rate'])}: ${formatRate(rate.value)} is more than its ceil then, ${formatRate(limit.value)}${placeOf(limit)}`,
      'lower the rate or raise the ceil: such a guarantee could never be kept',
    );
  }
}

function checkThen({ path, rate, ceil }: Changing, { then }: Quota, findings: Findings): void {
  const own = [...path, 'quota', 'then'];
  checkGuarantee(own, then, { ceil }, findings);
  for (const [key, usual] of [['rate', rate] as const, ['ceil', ceil] as const]) {
    for (const way of directions) {
      const [value, limit] = [then[key]?.[way], usual?.[way]];
      if (!value?.at || !limit || value.value < limit.value) continue;
      findings.warning(
        value.at,
        `${formatPath([...own, key])}: ${formatRate(value.value)} is not less than its ${key} without that, ${formatRate(limit.value)}${placeOf(limit)}`,
        'once the volume is used up nothing changes: lower it',
      );
    }
  }
}

function checkBoost({ path, ceil }: Changing, boost: Boost, findings: Findings): void {
  for (const way of directions) {
    const [value, limit] = [boost.ceil[way], ceil?.[way]];
    if (!value?.at || !limit || value.value > limit.value) continue;
    findings.warning(
      value.at,
      `${formatPath([...path, 'boost', 'ceil'])}: ${formatRate(value.value)} is not more than its ceil, ${formatRate(limit.value)}${placeOf(limit)}`,
      'a boost is above the ceil: raise it, or lower the ceil',
    );
  }
}

function placeOf({ at }: Setting<number>): string {
  return at ? ` (${formatPlace(at)})` : ', as none is written';
}
