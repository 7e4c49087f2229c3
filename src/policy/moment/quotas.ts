// A quota at a moment: how much of its volumes is used in the period, and whether one is used up.
import type { Boost, Config, Quota } from '../../config/config.ts';
import { matchGuest } from '../../config/pattern.ts';
import { periodAt, type Span } from '../../units/period.ts';
import { type Both, type Direction, directions } from '../../units/units.ts';
import type { Policy } from '../policy.ts';
import type { Subject } from './moment.ts';

/** One volume of a quota. Bytes. */
export interface Volume {
  /** `both`: in both directions together. */
  way: Direction | 'both';
  volume: number;
  used: number;
}

export interface QuotaUse extends Span {
  volumes: Volume[];
}

/**
 * @param used what was delivered in a period, bytes
 * @param now milliseconds since 1970
 */
export function quotaAt(quota: Quota, used: (period: Span) => Both<number>, now: number): QuotaUse {
  const span = periodAt(quota.every.value, now);
  const { out, in: inward } = used(span);
  if ('both' in quota.volume) {
    return { ...span, volumes: [{ way: 'both', volume: quota.volume.both.value, used: out + inward }] };
  }
  const each = { out, in: inward };
  const { volume } = quota;
  const volumes = directions.flatMap((way): Volume[] => {
    const most = volume[way]?.value;
    return most === undefined ? [] : [{ way, volume: most, used: each[way] }];
  });
  return { ...span, volumes };
}

export function isUsedUp({ volumes }: QuotaUse): boolean {
  return volumes.some(({ volume, used }) => used >= volume);
}

/** The share that is used, of the volume that has least left: 1 is all of it. */
export function shareUsed({ volumes }: QuotaUse): number {
  return Math.max(...volumes.map(({ volume, used }) => used / volume));
}

/** Whether anything depends on what was used. */
export function hasVolumes({ groups, guests }: Config): boolean {
  return [...groups, ...guests].some((entry) => entry.quota || ('boost' in entry && entry.boost));
}

/** Of all periods that count now, milliseconds since 1970. */
export function earliestBegin({ groups, guests }: Config, now: number): number {
  const quotas = [...groups, ...guests].flatMap(({ quota }) => quota ?? []);
  return Math.min(now, ...quotas.map(({ every }) => periodAt(every.value, now).begin));
}

/** Of a guest or group that has one of them. */
export interface Allowance extends Subject {
  quota?: Quota;
  boost?: Boost;
}

/** Of whoever is shaped, in the order of the policy, for those who show what is left. */
export function allowancesOf(config: Config, { uplinks }: Policy): Allowance[] {
  const names = (key: 'groups' | 'guests') => [
    ...new Set(uplinks.flatMap((uplink) => uplink[key].map(({ name }) => name))),
  ];
  const groups = names('groups').map((name): Allowance => {
    const { quota } = config.groups.find((group) => group.name === name) ?? {};
    return { kind: 'group', name, ...(quota ? { quota } : {}) };
  });
  const guests = names('guests').map((name): Allowance => {
    const { quota, boost } = matchGuest(config, name) ?? {};
    return { kind: 'guest', name, ...(quota ? { quota } : {}), ...(boost ? { boost } : {}) };
  });
  return [...groups, ...guests].filter(({ quota, boost }) => quota || boost);
}
