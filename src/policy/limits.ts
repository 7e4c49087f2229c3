// What a guest may send inside the host, and how many packets at all: its own entry's word, its group's, that of
// [defaults]. Off unless one of them says something.
import type { LimitSettings, PacketRate, Setting } from '../config/config.ts';
import type { LeafOrigin, Sources } from './origin.ts';

/** A limit that is on, and where it is written. */
export interface Limit<T> {
  value: T;
  from: LeafOrigin['from'];
  at?: Setting<T>['at'];
}

/** Rates in bits per second. */
export interface Limits {
  /** To other guests, and to the host. */
  local?: Limit<number>;
  /** Packets per second, wherever they go. */
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
