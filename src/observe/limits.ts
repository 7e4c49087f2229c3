// The drops of the limits inside the host, from the counters of their nftables rules: at most two processes, and none where no guest
// has such a limit.
import { tableName } from '../plan/names.ts';
import type { LimitPlan } from '../plan/plan.ts';
import { Failure } from '../system/errors.ts';
import type { Run } from '../system/exec.ts';

export const limitKinds = ['local', 'pps', 'storm'] as const;
export type LimitKind = (typeof limitKinds)[number];

export interface LimitInUse {
  guest: string;
  limit: LimitKind;
  /** In bits or packets per second. */
  rate: number;
  unit: 'bits' | 'packets';
  /** The drops since its rule was created. */
  dropped: Dropped;
}

interface Dropped {
  packets: number;
  bytes: number;
}

/** @throws Failure when nft fails; a missing table counts as no drops */
export async function readLimits(run: Run, limits: LimitPlan[] = []): Promise<LimitInUse[]> {
  if (limits.length === 0) return [];
  const families = ['bridge', ...(limits.some(({ local }) => local !== undefined) ? ['inet'] : [])];
  const listings = await Promise.all(families.map((family) => listTable(run, family)));
  return joinLimits(limits, listings.join(''));
}

async function listTable(run: Run, family: string): Promise<string> {
  const nft = await run('nft', ['list', 'table', family, tableName]);
  if (nft.status === 0) return nft.stdout;
  if (/No such file/.test(nft.stderr)) return '';
  throw new Failure(`nft cannot list its counters: ${nft.stderr.trim()}`);
}

/** @param listing the tables with their counters */
export function joinLimits(limits: LimitPlan[], listing: string): LimitInUse[] {
  const dropped = parseDropped(listing);
  return limits.flatMap(({ guest, id, ...plan }) =>
    limitKinds.flatMap((limit): LimitInUse[] => {
      const amount = plan[limit];
      if (amount === undefined) return [];
      const { rate, unit } =
        typeof amount === 'number'
          ? { rate: amount * 8, unit: 'bits' as const }
          : { rate: amount.packets, unit: 'packets' as const };
      const sum = dropped.get(`${id} ${limit}`) ?? { packets: 0, bytes: 0 };
      return [{ guest, limit, rate, unit, dropped: sum }];
    }),
  );
}

/** @returns the drops of all rules, keyed by id and kind; the kind is the last word of the rule's comment */
function parseDropped(listing: string): Map<string, Dropped> {
  const all = new Map<string, Dropped>();
  let id: string | undefined;
  for (const line of listing.split('\n')) {
    if (line.startsWith('\tchain ')) id = line.match(/^\tchain (?:limit|local)-([0-9a-f]+) \{$/)?.[1];
    const [, packets, bytes, kind] =
      line.match(/^\t\t.*? counter packets (\d+) bytes (\d+) drop comment ".* (local|pps|storm)"$/) ?? [];
    if (id === undefined || kind === undefined) continue;
    const sum = all.get(`${id} ${kind}`) ?? { packets: 0, bytes: 0 };
    all.set(`${id} ${kind}`, {
      packets: sum.packets + Number(packets),
      bytes: sum.bytes + Number(bytes),
    });
  }
  return all;
}
