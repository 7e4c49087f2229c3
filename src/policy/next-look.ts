// When the next sync is due: the next moment at which a value may change. Changes by the clock are known in advance; a volume
// cannot be used up sooner than by its guests at their ceils.
import type { Config, Quota } from '../config/config.ts';
import { matchGuest } from '../config/pattern.ts';
import { type Both, both, directions } from '../units/units.ts';
import { isInForce, type Moment, type MomentSubject } from './moment/moment.ts';
import { isUsedUp, quotaAt } from './moment/quotas.ts';
import { holdingAt } from './moment/windows.ts';
import type { Policy } from './policy.ts';

/** @returns milliseconds since 1970; nothing where nothing changes within a fortnight */
export function nextLook(config: Config, policy: Policy, moment: Moment): number | undefined {
  const looks = [
    ...windowsEnd(config, moment),
    ...overridesEnd(moment),
    ...volumesEnd(config, policy, moment),
  ];
  const later = looks.filter((look) => look > moment.now);
  return later.length > 0 ? Math.min(...later) : undefined;
}

function windowsEnd({ defaults, uplinks, groups, guests }: Config, { now }: Moment): number[] {
  const entries = [defaults, ...uplinks.map(({ unmarked }) => unmarked), ...groups, ...guests];
  return entries.flatMap(({ when }) => (when && holdingAt(when, now).until) ?? []);
}

function overridesEnd({ overrides, now }: Moment): number[] {
  return overrides.filter((one) => isInForce(one, now)).flatMap(({ until }) => until ?? []);
}

/** When volumes of running guests and groups may be used up or begin anew: others use nothing. */
function volumesEnd(config: Config, policy: Policy, moment: Moment): number[] {
  const groups = new Map(config.groups.map((group) => [group.name, group]));
  const looks: number[] = [];
  for (const [name, speed] of speeds(policy, 'groups')) {
    const quota = groups.get(name)?.quota;
    if (quota) looks.push(...quotaEnd(quota, { kind: 'group', name }, speed.ceil, moment));
  }
  for (const [name, speed] of speeds(policy, 'guests')) {
    const entry = matchGuest(config, name);
    if (entry?.quota) looks.push(...quotaEnd(entry.quota, { kind: 'guest', name }, speed.ceil, moment));
    if (entry?.boost) looks.push(...creditEnd(name, speed, moment));
  }
  return looks;
}

/** @returns the sum of the ceils on all uplinks, in bits per second */
interface Speed {
  ceil: Both<number>;
  /** The part of it that its credit adds. */
  boost: Both<number>;
}

function speeds({ uplinks }: Policy, key: 'guests' | 'groups'): Map<string, Speed> {
  const found = new Map<string, Speed>();
  for (const { name, ceil, origin } of uplinks.flatMap((uplink) => uplink[key])) {
    const speed = found.get(name) ?? { ceil: { out: 0, in: 0 }, boost: { out: 0, in: 0 } };
    found.set(name, speed);
    for (const way of directions) {
      const { steps, found: written } = origin.ceil[way];
      const at = steps.findIndex(({ by }) => by === 'boost');
      const without = steps[at - 1]?.to ?? written;
      speed.ceil[way] += ceil[way];
      if (at >= 0) speed.boost[way] += Math.max(0, ceil[way] - without);
    }
  }
  return found;
}

function quotaEnd(quota: Quota, subject: MomentSubject, ceil: Both<number>, moment: Moment): number[] {
  const { used, held, now } = moment;
  if (!used) return [];
  const use = quotaAt(quota, (period) => used(subject, period), now);
  if (isUsedUp(use)) return [use.end];
  const all = { ...ceil, both: ceil.out + ceil.in };
  const ends = use.volumes.map((one) => now + secondsFor(one.volume - one.used, all[one.way]) * 1000);
  return [use.end, ...ends, held?.(subject, use) ?? []].flat();
}

function creditEnd(guest: string, { boost }: Speed, { credit, now }: Moment): number[] {
  const own = both((way) => credit?.(guest, way));
  return directions.flatMap((way) => {
    const left = own[way]?.isOn ? own[way].left : 0;
    return left > 0 && boost[way] > 0 ? [now + secondsFor(left, boost[way]) * 1000] : [];
  });
}

function secondsFor(bytes: number, speed: number): number {
  return (bytes * 8) / speed;
}
