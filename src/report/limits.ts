// The limits inside the host in words, with their drops.
import type { LimitInUse } from '../observe/limits.ts';
import { formatBytes, formatCount } from '../text/figures.ts';
import { label } from '../text/label.ts';
import { formatRate } from '../units/rate.ts';

/** More than this share a line. */
const each = 8;

/** @returns lines: guests whose frames were dropped, the most first; limits without drops in one line */
export function describeLimits(limits: LimitInUse[]): string[] {
  const biting = limits
    .filter(({ dropped }) => dropped.packets > 0)
    .sort((a, b) => b.dropped.packets - a.dropped.packets);
  const idle = limits.length - biting.length;
  const more = biting.length - each;
  return [
    ...biting.slice(0, each).map((one) => `${label(one.guest)}: ${limitText(one)}, ${droppedText(one)}`),
    ...(more > 0
      ? [`${more} more ${more === 1 ? 'limit' : 'limits'} inside the host dropped packets: --json has them`]
      : []),
    ...(idle > 0
      ? [`${idle} ${idle === 1 ? 'limit' : 'limits'} inside the host (local, pps, storm) dropped nothing`]
      : []),
  ];
}

function limitText({ limit, rate, unit }: Pick<LimitInUse, 'limit' | 'rate' | 'unit'>): string {
  return `${limit} ${amountText(rate, unit)}`;
}

export function amountText(rate: number, unit: LimitInUse['unit']): string {
  return unit === 'bits' ? formatRate(rate) : `${rate} packets/s`;
}

export function droppedText({ dropped: { packets, bytes } }: Pick<LimitInUse, 'dropped'>): string {
  return packets === 0 ? 'dropped nothing' : `dropped ${formatCount(packets)} packets, ${formatBytes(bytes)}`;
}
