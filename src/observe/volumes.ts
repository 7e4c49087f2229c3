// The use of each volume and the rest of each credit, as of the last sync, which is at most a minute ago.

import type { Allowance } from '../policy/allowances.ts';
import type { MomentSubject } from '../policy/moment/moment.ts';
import { type QuotaUse, quotaAt } from '../policy/moment/quotas.ts';
import { type Volumes, volumeKey } from '../policy/moment/volumes.ts';
import { type Direction, directions } from '../units/units.ts';

export interface QuotaInUse extends MomentSubject, QuotaUse {
  quota: NonNullable<Allowance['quota']>;
}

export interface CreditInUse {
  guest: string;
  way: Direction;
  /** In bytes. */
  volume: number;
  /** Negative when overdrawn. */
  left: number;
  /** Whether it may be spent now. */
  isOn: boolean;
}

export interface AllowancesInUse {
  quotas: QuotaInUse[];
  credits: CreditInUse[];
}

/** @param volumes absent before the first sync since boot, when no use is known */
export function allowancesInUse(allowances: Allowance[], volumes: Volumes | undefined): AllowancesInUse {
  const inUse: AllowancesInUse = { quotas: [], credits: [] };
  for (const { kind, name, quota, boost } of volumes ? allowances : []) {
    const record = volumes?.quotas.get(volumeKey({ kind, name }));
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

/** The bytes left to a guest, with its group if that is given, or to a group alone. */
export type BytesLeft = (guest: string | undefined, group?: string) => number | undefined;

/**
 * The bytes left before a limit changes: of the volume with the least rest, that of the group included; without a volume, of the
 * credit.
 */
export function bytesLeft({ quotas, credits }: AllowancesInUse): BytesLeft {
  const volumes = new Map(
    quotas.map((one) => [volumeKey(one), Math.min(...one.volumes.map(({ volume, used }) => volume - used))]),
  );
  const credit = new Map<string, number>();
  for (const { guest, left } of credits) credit.set(guest, Math.min(left, credit.get(guest) ?? left));
  return (guest, group) => {
    const own = guest === undefined ? undefined : volumes.get(volumeKey({ kind: 'guest', name: guest }));
    const shared = group === undefined ? undefined : volumes.get(volumeKey({ kind: 'group', name: group }));
    const known = [own, shared].filter((one) => one !== undefined);
    const left = known.length > 0 ? Math.min(...known) : credit.get(guest ?? '');
    return left === undefined ? undefined : Math.max(0, left);
  };
}

/** Selects the allowances of these guests and groups. */
export function allowancesFor(
  { quotas, credits }: AllowancesInUse = { quotas: [], credits: [] },
  guests: string[],
  groups: string[],
): AllowancesInUse {
  const isMeant = ({ kind, name }: MomentSubject) => (kind === 'group' ? groups : guests).includes(name);
  return {
    quotas: quotas.filter(isMeant),
    credits: credits.filter(({ guest }) => guests.includes(guest)),
  };
}
