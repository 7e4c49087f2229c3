// What is used of each volume, and left of each credit, as of the last sync: at most a minute ago.

import type { Allowance } from '../policy/allowances.ts';
import type { Subject } from '../policy/moment/moment.ts';
import { type QuotaUse, quotaAt } from '../policy/moment/quotas.ts';
import { keyOf, type Volumes } from '../policy/moment/volumes.ts';
import { type Direction, directions } from '../units/units.ts';

export interface QuotaInUse extends Subject, QuotaUse {
  quota: NonNullable<Allowance['quota']>;
}

export interface CreditInUse {
  guest: string;
  way: Direction;
  /** Bytes. */
  volume: number;
  /** Less than nothing is owed. */
  left: number;
  /** Whether it may be spent now. */
  isOn: boolean;
}

export interface AllowancesInUse {
  quotas: QuotaInUse[];
  credits: CreditInUse[];
}

/** @param volumes absent where no sync has looked since boot: then nothing is known of any */
export function allowancesInUse(allowances: Allowance[], volumes: Volumes | undefined): AllowancesInUse {
  const inUse: AllowancesInUse = { quotas: [], credits: [] };
  for (const { kind, name, quota, boost } of volumes ? allowances : []) {
    const record = volumes?.quotas.get(keyOf({ kind, name }));
    if (quota && record) {
      const use = quotaAt(quota, () => record.used, record.begin);
      inUse.quotas.push({ ...use, kind, name, quota });
    }
    const credits = boost ? volumes?.credits.get(name) : undefined;
    for (const way of directions) {
      const credit = credits?.[way];
      if (boost && credit) {
        const { left, isOn } = credit;
        inUse.credits.push({ guest: name, way, volume: boost.volume.value, left, isOn });
      }
    }
  }
  return inUse;
}

/** Of these only. */
export function allowancesFor(
  { quotas, credits }: AllowancesInUse = { quotas: [], credits: [] },
  guests: string[],
  groups: string[],
): AllowancesInUse {
  const isMeant = ({ kind, name }: Subject) => (kind === 'group' ? groups : guests).includes(name);
  return {
    quotas: quotas.filter(isMeant),
    credits: credits.filter(({ guest }) => guests.includes(guest)),
  };
}
