// The summary at the top of `status`: the number of shaped guests, whether the configuration is in force, and the use of the uplinks.
import { bridgesOf } from '../host/host.ts';
import { repair } from '../observe/fault.ts';
import type { Freshness } from '../observe/freshness.ts';
import type { GuestRow, GuestState } from '../observe/guests.ts';
import type { ClassInUse, UplinkInUse } from '../observe/in-use.ts';
import type { InUse } from '../observe/read-in-use.ts';
import { describePending } from '../store/pending.ts';
import { describeOff } from '../store/unloaded.ts';
import { formatAge, formatSet, formatShare, formatSpeed } from '../text/figures.ts';
import { describeMistakes } from './problems.ts';

/** The number of guests by state; a guest counts once, with the worst state of its rows. */
export type Counts = Record<GuestState, number>;

export function countGuests(rows: GuestRow[]): Counts {
  const order = ['left out', 'gone', 'shaped', 'partly', 'unshaped'] as const;
  const worst = new Map<string, number>();
  for (const row of rows) {
    worst.set(row.guest, Math.max(order.indexOf(row.state), worst.get(row.guest) ?? 0));
  }
  const counts: Counts = { shaped: 0, partly: 0, unshaped: 0, gone: 0, 'left out': 0 };
  for (const rank of worst.values()) counts[order[rank] ?? 'unshaped'] += 1;
  return counts;
}

/**
 * @param now milliseconds since 1970
 * @param isSelection whether only some guests were asked for
 */
export function summary({ guests }: InUse, asked: Freshness, now: number, isSelection = false): string {
  const { shaped, ...others } = countGuests(guests);
  const rest = Object.entries(others).flatMap(([word, number]) => (number > 0 ? `${number} ${word}` : []));
  const wanted = guests.some(({ state }) => state !== 'left out');
  const whole = isSelection ? [] : [nobodyRuns];
  const first = wanted ? [`${shaped} guest${shaped === 1 ? '' : 's'} shaped`] : whole;
  const { at, error } = asked.history.last;
  const loaded = at === undefined || error !== undefined ? [] : [`loaded ${formatAge(now - at)}`];
  const asConfigured = asked.configChanged || asked.rulesChanged ? [] : ['as configured'];
  return [...first, ...rest, ...loaded, ...asConfigured].join(', ');
}

/** The message where there is nothing to show, and no fault. */
export const nobodyRuns = 'no guest that is to be shaped is running';

/** Why nothing is loaded, and whether guests are limited anyway. */
export function nothingLoaded({ off, unclaimed, mistakes }: Freshness): string {
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

/** What rules.d has beside the rules in force, and what to do. */
export const aboutRules = {
  'as rendered': [],
  'not as rendered': ['rules.d is not what is loaded: virt-shaper plan shows the difference'],
  alone: ['a file of rules.d is missing: virt-shaper render writes it'],
};

/** Sentences with advice where what is in force differs from the configuration, or the last load failed. */
export function remarks({ table }: Pick<InUse, 'table'>, asked: Freshness, now: number): string[] {
  const { at, error } = asked.history.last;
  const mistaken = describeMistakes(asked.mistakes);
  // Where the last load failed because of errors that are still there, only these are reported.
  const isSame = asked.mistakes.some(({ message }) => error?.includes(message));
  const failed =
    error === undefined || isSame
      ? []
      : [`the last load failed ${formatAge(now - (at ?? now))}: ${error.replace(/^virt-shaper: /, '')}`];
  const changed = mistaken
    ? [mistaken]
    : asked.configChanged
      ? ['the configuration has changed since: virt-shaper apply --dry-run shows what for']
      : aboutRules[asked.rulesMissing ? 'alone' : asked.rulesChanged ? 'not as rendered' : 'as rendered'];
  const tables = {
    'as loaded': [],
    changed: ['somebody has changed the nftables table since: virt-shaper verify'],
    unknown: [
      `what was loaded into the nftables table is not known any more, its record in /run is gone: ${repair} loads it anew`,
    ],
    missing: [`the nftables table bridge virt-shaper is not there: nobody is shaped, ${repair} repairs it`],
  };
  const pending = asked.pending && describePending(asked.pending);
  const waits = pending ? [`${pending.reason}: ${pending.remedy}`] : [];
  return [...failed, ...waits, ...changed, ...tables[table]];
}

export function uplinkLines(uplinks: UplinkInUse[]): string[] {
  const width = Math.max(0, ...uplinks.map((uplink) => titleOf(uplink).length));
  return uplinks.map((uplink) => {
    const { out, in: inward } = uplink.trees;
    return `${titleOf(uplink).padEnd(width)}  out ${useOf(out.link)}, in ${useOf(inward.link)}`;
  });
}

/** `eth0 (br0, br1)`, or only its name where it has no bridge */
export function titleOf({ name, ports }: Pick<UplinkInUse, 'name' | 'ports'>): string {
  return ports.length === 0 ? name : `${name} (${bridgesOf({ ports }).join(', ')})`;
}

function useOf({ now, ceil }: ClassInUse): string {
  if (now === undefined) return `at most ${formatSet(ceil)}`;
  return `${formatSpeed(now)} of ${formatSet(ceil)} (${formatShare(now / ceil)})`;
}
