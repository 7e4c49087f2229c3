// Volumes and credit in words and as JSON. Volumes have decimal units, as in the configuration.
import type { AllowancesInUse, CreditInUse, QuotaInUse } from '../observe/volumes.ts';
import { isUsedUp, shareUsed } from '../policy/moment/quotas.ts';
import { formatBytes, formatShare } from '../text/figures.ts';
import { label } from '../text/label.ts';
import { formatMinute } from '../units/clock.ts';
import { formatPeriod } from '../units/period.ts';
import { formatVolume } from '../units/volume.ts';

/** More than this share a line. */
const each = 8;
/** The used share from which on a volume has a line of its own. */
const much = 0.8;

/** @returns lines: volumes that are nearly used up, the fullest first; all others in one line, and used-up credit */
export function describeAllowances({ quotas, credits }: AllowancesInUse): string[] {
  const sorted = [...quotas].sort((a, b) => shareUsed(b) - shareUsed(a));
  const few = quotas.length <= each;
  const told = sorted.filter((one) => few || shareUsed(one) >= much).slice(0, each);
  const rest = quotas.length - told.length;
  const spent = new Set(credits.filter(({ isOn }) => !isOn).map(({ guest }) => guest));
  return [
    ...told.map((one) => `${subjectOf(one)}: ${quotaUseText(one)}`),
    ...(rest > 0
      ? [`${rest} more ${rest === 1 ? 'volume is' : 'volumes are'} less used: --json has them`]
      : []),
    ...(spent.size > 0 ? [`no credit for a boost is left to ${namesOf([...spent])}`] : []),
  ];
}

function namesOf(names: string[]): string {
  const more = names.length - each;
  const shown = names.slice(0, more > 1 ? each : names.length).map(label);
  return `${shown.join(', ')}${more > 1 ? ` and ${more} more` : ''}`;
}

function subjectOf({ kind, name }: Pick<QuotaInUse, 'kind' | 'name'>): string {
  return kind === 'group' ? `group ${label(name)}` : label(name);
}

/** `1.31TB of 2tb used this month (66 %), until 2026-12-15 00:00` */
export function quotaUseText(one: QuotaInUse): string {
  const { volumes, quota, end } = one;
  const parts = volumes.map(
    ({ way, volume, used }) =>
      `${formatBytes(used)} of ${formatVolume(volume)}${way === 'both' ? '' : ` ${way}`}`,
  );
  const state = isUsedUp(one) ? 'used up' : formatShare(shareUsed(one));
  return `${parts.join(', ')} used a ${formatPeriod(quota.every.value)} (${state}), until ${formatMinute(end)}`;
}

/** `4.21GB of 10gb left` */
export function creditText({ left, volume, isOn }: CreditInUse): string {
  if (left < 0) return `none of ${formatVolume(volume)} left, ${formatBytes(-left)} owed`;
  return `${formatBytes(left)} of ${formatVolume(volume)} left${isOn ? '' : ', not to be spent before a tenth is'}`;
}

/** In bytes; an entry for each volume and direction. */
export function quotasAsData(quotas: QuotaInUse[]): object[] {
  return quotas.flatMap(({ kind, name, volumes, quota, begin, end }) =>
    volumes.map(({ way, volume, used }) => ({
      [kind]: name,
      direction: way,
      every: formatPeriod(quota.every.value),
      begin: new Date(begin).toISOString(),
      end: new Date(end).toISOString(),
      volume,
      used,
      left: Math.max(0, volume - used),
    })),
  );
}

/** In bytes. */
export function creditsAsData(credits: CreditInUse[]): object[] {
  return credits.map(({ guest, way, volume, left, isOn }) => ({
    guest,
    direction: way,
    volume,
    left,
    spendable: isOn,
  }));
}
