// The first lines of status: how many guests are shaped, whether what is in force is what is asked for, and how
// full the uplinks are. What an administrator reads first at night.
import { bridgesOf } from '../host/host.ts';
import type { Asked } from '../observe/freshness.ts';
import type { GuestRow, GuestState } from '../observe/guests.ts';
import type { ClassInUse, UplinkInUse } from '../observe/in-use.ts';
import type { InUse } from '../observe/read-in-use.ts';
import { describeOff } from '../store/unloaded.ts';
import { formatAge, formatSet, formatShare, formatSpeed } from '../text/figures.ts';
import { describeMistakes } from './problems.ts';

/** One state for each guest, the worst of its rows. */
export type Counts = Record<GuestState, number>;

export function count(rows: GuestRow[]): Counts {
  const order = ['left out', 'gone', 'shaped', 'partly', 'unshaped'] as const;
  const worst = new Map<string, number>();
  for (const row of rows) {
    worst.set(row.guest, Math.max(order.indexOf(row.state), worst.get(row.guest) ?? 0));
  }
  const counts: Counts = { shaped: 0, partly: 0, unshaped: 0, gone: 0, 'left out': 0 };
  for (const rank of worst.values()) counts[order[rank] ?? 'unshaped'] += 1;
  return counts;
}

/** @param now milliseconds since 1970 */
export function summary({ guests }: InUse, asked: Asked, now: number): string {
  const { shaped, ...others } = count(guests);
  const rest = Object.entries(others).flatMap(([word, number]) => (number > 0 ? `${number} ${word}` : []));
  const wanted = guests.some(({ state }) => state !== 'left out');
  const first = wanted ? `${shaped} guest${shaped === 1 ? '' : 's'} shaped` : nobodyRuns;
  const { at, error } = asked.history.last;
  const loaded = at === undefined || error !== undefined ? [] : [`loaded ${formatAge(now - at)}`];
  const asConfigured = asked.configChanged || asked.rulesChanged ? [] : ['as configured'];
  return [first, ...rest, ...loaded, ...asConfigured].join(', ');
}

/** Nothing is wrong, and there is nothing to show. */
export const nobodyRuns = 'no guest that is to be shaped is running';

/** Why there is nothing to show, and who is limited all the same. */
export function nothingLoaded({ off, unclaimed, mistakes }: Asked): string {
  if (unclaimed?.by !== undefined)
    return `Nothing is loaded from here: what is in the kernel is of ${unclaimed.by}.`;
  if (unclaimed && unclaimed.classes > 0) {
    const classes = unclaimed.classes === 1 ? '1 class' : `${unclaimed.classes} classes`;
    return `${classes} of virt-shaper's are in the kernel that no load of it made: virt-shaper load takes them over`;
  }
  return off
    ? `Nothing is loaded: ${describeOff(off)}; ${mistakes.length > 0 ? 'once the configuration has no mistakes ' : ''}virt-shaper apply loads again.`
    : 'Nothing is loaded: no guest is limited.';
}

/** What is in force against what is asked for, each a sentence with what to do. */
export function remarks({ table }: Pick<InUse, 'table'>, asked: Asked, now: number): string[] {
  const { at, error } = asked.history.last;
  const mistaken = describeMistakes(asked.mistakes);
  // A load that failed by the mistakes which are still there has nothing else to say.
  const isSame = asked.mistakes.some(({ message }) => error?.includes(message));
  const failed =
    error === undefined || isSame ? [] : [`the last load failed ${formatAge(now - (at ?? now))}: ${error}`];
  const changed = mistaken
    ? [mistaken]
    : asked.configChanged
      ? ['the configuration has changed since: virt-shaper apply --dry-run shows what for']
      : asked.rulesChanged
        ? ['rules.d is not what is loaded: virt-shaper plan shows the difference']
        : [];
  const tables = {
    'as loaded': [],
    changed: ['somebody has changed the nftables table since: virt-shaper verify'],
    missing: [
      'the nftables table bridge virt-shaper is not there: nobody is shaped, virt-shaper load repairs it',
    ],
  };
  return [...failed, ...changed, ...tables[table]];
}

export function uplinkLines(uplinks: UplinkInUse[]): string[] {
  const width = Math.max(0, ...uplinks.map((uplink) => titleOf(uplink).length));
  return uplinks.map((uplink) => {
    const { out, in: inward } = uplink.trees;
    return `${titleOf(uplink).padEnd(width)}  out ${useOf(out.link)}, in ${useOf(inward.link)}`;
  });
}

/** `eth0 (br0, br1)`, or its name alone where it is a port of none */
export function titleOf({ name, ports }: Pick<UplinkInUse, 'name' | 'ports'>): string {
  return ports.length === 0 ? name : `${name} (${bridgesOf({ ports }).join(', ')})`;
}

function useOf({ now, ceil }: ClassInUse): string {
  if (now === undefined) return `at most ${formatSet(ceil)}`;
  return `${formatSpeed(now)} of ${formatSet(ceil)} (${formatShare(now / ceil)})`;
}
