// What an entry says of other times, in a few words: `2 windows, 2tb a month`.
import type { Boost, Quota, Window } from '../config/config.ts';
import { counted } from '../text/label.ts';
import { formatPeriod } from '../units/period.ts';
import { formatVolume } from '../units/volume.ts';

export interface Changing {
  when?: Window[];
  quota?: Quota;
  boost?: Boost;
}

/** @returns nothing where it says nothing */
export function changingText({ when = [], quota, boost }: Changing): string {
  return [
    ...(when.length > 0 ? [counted(when.length, 'window')] : []),
    ...(boost ? [`boost of ${formatVolume(boost.volume.value)}`] : []),
    ...(quota ? [quotaText(quota)] : []),
  ].join(', ');
}

/** `2tb a month`, `1tb out, 2tb in a month on 15` */
export function quotaText({ volume, every }: Quota): string {
  const all =
    'both' in volume
      ? formatVolume(volume.both.value)
      : (['out', 'in'] as const)
          .flatMap((way) => (volume[way] ? `${formatVolume(volume[way].value)} ${way}` : []))
          .join(', ');
  return `${all} a ${formatPeriod(every.value)}`;
}
