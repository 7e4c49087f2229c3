// Limits that change at the wrong moment, or not at all.
import type { Listed } from './listed.ts';

export const moments: Listed[] = [
  {
    what: 'a window over midnight ends with its day',
    from: '|| (isOn((weekday + 6) % 7) && minute < to)',
    to: '|| (isOn((weekday + 5) % 7) && minute < to)',
    quick: ['unit/units'],
  },
  {
    what: 'a window that ends in a skipped hour is not noticed',
    from: '[...marksBetween(from, to, marks), to].find',
    to: '[...marksBetween(from, to, marks)].find',
    quick: ['unit/units'],
  },
  {
    what: 'the volume of a short month begins in the next',
    from: 'Math.min(on, last)',
    to: 'on',
    quick: ['unit/units'],
  },
  {
    what: 'a volume is used up between two looks',
    from: 'return [use.end, ...ends, held?.(subject, use) ?? []].flat();',
    to: 'return [use.end, held?.(subject, use) ?? []].flat();',
    quick: ['unit/policy'],
  },
  {
    what: 'a clock that is set forward lifts what was used up',
    from: 'return held && !isOwn ? { held } : {};',
    to: 'return {};',
    quick: ['unit/policy'],
  },
  {
    what: 'what was used up holds on where more may be used',
    from: 'left > aMinute && held?.end !== end ?',
    to: 'left > aMinute ?',
    quick: ['unit/policy'],
  },
  {
    what: 'a guest that starts between two looks has what was used up',
    from: 'known?.begin === begin ? both((way) => Math.max(used[way], known.used[way])) : used',
    to: 'used',
    quick: ['unit/policy'],
  },
  {
    what: 'a boost is spent as soon as there is a byte of credit',
    from: 'credit.isOn ? left > 0 : left >= volume / 10',
    to: 'left > 0',
    quick: ['unit/policy'],
  },
  {
    what: 'what changes within a minute waits for the minute',
    from: 'seconds >= usual || !isThere(paths.systemd)',
    to: 'seconds < usual || !isThere(paths.systemd)',
    kernel: ['volumes'],
  },
];
