// Summarizes the temporary values of an entry, its windows, quota and boost: `2 windows, 2tb a month`.
import type { Boost, Quota, Window } from '../config/config.ts';
import type { Notice } from '../policy/moment/volumes.ts';
import { counted, label } from '../text/label.ts';
import { formatMinute } from '../units/clock.ts';
import { formatPeriod } from '../units/period.ts';
import { formatVolume } from '../units/volume.ts';

export interface TimedParts {
  when?: Window[];
  quota?: Quota;
  boost?: Boost;
}

/** @returns an empty text where it has none */
export function changingText({ when = [], quota, boost }: TimedParts): string {
  return [
    ...(when.length > 0 ? [counted(when.length, 'window')] : []),
    ...(boost ? [`boost of ${formatVolume(boost.volume.value)}`] : []),
    ...(quota ? [quotaText(quota)] : []),
  ].join(', ');
}

/** `2tb a month`, `1tb out, 2tb in a month on 15` */
function quotaText({ volume, every }: Quota): string {
  const all =
    'both' in volume
      ? formatVolume(volume.both.value)
      : (['out', 'in'] as const)
          .flatMap((way) => (volume[way] ? `${formatVolume(volume[way].value)} ${way}` : []))
          .join(', ');
  return `${all} a ${formatPeriod(every.value)}`;
}

/** `guest cliff has used 80 % of 2tb a month`, `guest cliff has used up 2tb a month: other limits until 2026-12-15 00:00` */
export function noticeText({ subject: { kind, name }, quota, use, reached }: Notice): string {
  const who = `${kind} ${label(name)}`;
  return reached === 80
    ? `${who} has used 80 % of ${quotaText(quota)}`
    : `${who} has used up ${quotaText(quota)}: its "then" holds until ${formatMinute(use.end)}`;
}
