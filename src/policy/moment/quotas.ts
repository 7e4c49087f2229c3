// The state of a quota at a moment: how much of its volumes is used in the period, and whether one is used up.
import type { Config, Quota } from '../../config/config.ts';
import { periodAt, type TimeSpan } from '../../units/period.ts';
import { type Both, type Direction, directions } from '../../units/units.ts';

/** One volume of a quota, in bytes. */
export interface Volume {
  /** `both`: the sum of both directions. */
  way: Direction | 'both';
  volume: number;
  used: number;
}

export interface QuotaUse extends TimeSpan {
  volumes: Volume[];
}

/**
 * @param used the bytes delivered in a period
 * @param now milliseconds since 1970
 */
export function quotaAt(quota: Quota, used: (period: TimeSpan) => Both<number>, now: number): QuotaUse {
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

/** The used share of the volume that is used most; 1 is all of it. */
export function shareUsed({ volumes }: QuotaUse): number {
  return Math.max(...volumes.map(({ volume, used }) => used / volume));
}

/** Whether any value depends on use: a quota or a boost is configured. */
export function hasVolumes({ groups, guests }: Config): boolean {
  return [...groups, ...guests].some((entry) => entry.quota || ('boost' in entry && entry.boost));
}

/** @returns the earliest begin of all periods that count now, in milliseconds since 1970 */
export function earliestBegin({ groups, guests }: Config, now: number): number {
  const quotas = [...groups, ...guests].flatMap(({ quota }) => quota ?? []);
  return Math.min(now, ...quotas.map(({ every }) => periodAt(every.value, now).begin));
}
