// The limits inside the host: local, pps and storm, from the guest's entry, its group or [defaults]. Off unless one of them
// sets it.
import type { LimitSettings, PacketRate, Setting } from '../config/config.ts';
import type { LeafOrigin, Sources } from './origin.ts';

/** A limit that is set, and where it is written. */
export interface Limit<T> {
  value: T;
  from: LeafOrigin['from'];
  at?: Setting<T>['at'];
}

/** In bits per second, but for `pps`. */
export interface Limits {
  /** Traffic to other guests and to the host. */
  local?: Limit<number>;
  /** Packets per second to any destination. */
  pps?: Limit<number>;
  /** Broadcast, multicast and unknown unicast. */
  storm?: Limit<number | PacketRate>;
}

export function findLimits({ config, entry }: Sources, groupName: string | undefined): Limits {
  const group = config.groups.find(({ name }) => name === groupName);
  const places = [
    ['entry', entry],
    ['group', group],
    ['defaults', config.defaults],
  ] as const;
  const find = <K extends keyof LimitSettings>(key: K): Limits => {
    for (const [from, settings] of places) {
      const { value, at } = settings?.[key] ?? {};
      if (value === 'off') return {};
      if (value !== undefined) return { [key]: { value, from, ...(at ? { at } : {}) } };
    }
    return {};
  };
  return { ...find('local'), ...find('pps'), ...find('storm') };
}
