// virt-shaper limit NAME: parses the command line for an override that an administrator sets for a time.

import type { Context } from '../../operations/context.ts';
import { liftOverride, setOverride, type WantedOverride } from '../../operations/moment/set-override.ts';
import type { MomentSubject, Override } from '../../policy/moment/moment.ts';
import { ConfigError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import { parseLength, parseMoment } from '../../units/clock.ts';
import { doubtAbout, parseRate, type Refusal } from '../../units/rate.ts';
import { type Direction, directions } from '../../units/units.ts';

export interface LimitOptions {
  ceil?: string;
  rate?: string;
  /** A rate; true where the option has no rate, so that --rate and --ceil are for this direction only. */
  out?: string | true;
  in?: string | true;
  for?: string;
  until?: string;
  why?: string;
  group?: boolean;
  unmarked?: boolean;
  lift?: boolean;
}

export async function limitCommand(context: Context, name: string, options: LimitOptions): Promise<number> {
  const wanted = wantedOf(name, options);
  for (const line of doubts(options)) context.warn(line);
  return options.lift ? liftOverride(context, wanted) : setOverride(context, wanted);
}

/** @throws ConfigError for options that contradict each other or have no valid value */
export function wantedOf(name: string, options: LimitOptions): WantedOverride {
  const subject = subjectOf(name, options);
  if (!options.lift)
    return { ...subject, ...ratesOf(options, subject), ...endOf(options), ...whyOf(options) };
  const others = Object.keys(options).filter((key) => (values as string[]).includes(key));
  if (others.length === 0) return subject;
  return refuse(`--lift takes back all that was set; it goes without --${others.join(', --')}`);
}

const values = ['ceil', 'rate', 'out', 'in', 'for', 'until', 'why'] satisfies (keyof LimitOptions)[];

function subjectOf(name: string, { group, unmarked }: LimitOptions): MomentSubject {
  if (name === '') refuse('the name is empty');
  if (group && unmarked) refuse('--group and --unmarked say two different things of one name');
  return { kind: group ? 'group' : unmarked ? 'unmarked' : 'guest', name };
}

/** `--in` or `--out` without a rate selects the direction; with a rate it is the ceil of that direction. */
function ratesOf(options: LimitOptions, { kind }: MomentSubject): Pick<Override, 'rate' | 'ceil'> {
  const chosen = directions.filter((way) => options[way] === true);
  const meant = chosen.length > 0 ? chosen : directions;
  const each = (rate: number) => Object.fromEntries(meant.map((way) => [way, rate]));
  const own = directions.flatMap((way): [Direction, number][] => {
    const text = options[way];
    return typeof text === 'string' ? [[way, rateOf(`--${way}`, text)]] : [];
  });
  const ceil = {
    ...(options.ceil === undefined ? {} : each(rateOf('--ceil', options.ceil))),
    ...Object.fromEntries(own),
  };
  const rate = options.rate === undefined ? {} : each(rateOf('--rate', options.rate));
  if (kind === 'group' && options.rate !== undefined)
    refuse('a group has no rate of its own: it is the sum of its members’', 'limit its ceil, or its members');
  const [hasCeil, hasRate] = [ceil, rate].map((one) => Object.keys(one).length > 0);
  if (!hasCeil && !hasRate)
    refuse('nothing is said of how much', '--ceil, --rate, or --in and --out with a rate');
  for (const [way, most] of Object.entries(ceil)) {
    const least = (rate as Record<string, number>)[way];
    if (least !== undefined && least > most) refuse(`--rate is more than the ceil (${way})`);
  }
  return { ...(hasRate ? { rate } : {}), ...(hasCeil ? { ceil } : {}) };
}

/** Warnings about rates, as `check` gives them. */
function doubts(options: LimitOptions): string[] {
  return (['ceil', 'rate', 'out', 'in'] as const).flatMap((key) => {
    const text = options[key];
    const bits = typeof text === 'string' ? parseRate(text) : undefined;
    const doubt = typeof text === 'string' && typeof bits === 'number' ? doubtAbout(text, bits) : undefined;
    return doubt ? [`warning: --${key}: ${doubt.reason}`, `      ${doubt.hint}`] : [];
  });
}

function rateOf(option: string, text: string): number {
  if (/^0+(\.0*)?[a-z]*$/i.test(text.trim()))
    refuse(
      `${option} 0 would cut it off, and the least that tc can express is 8 bit per second`,
      'to take a guest off the network: virsh domif-setlink GUEST NIC down',
    );
  return parsed(option, text, parseRate(text));
}

function endOf(options: LimitOptions): Pick<WantedOverride, 'lasts' | 'until'> {
  const now = Date.now();
  if (options.for !== undefined && options.until !== undefined)
    refuse('--for and --until both say when it ends');
  if (options.for !== undefined) return { lasts: parsed('--for', options.for, parseLength(options.for)) };
  if (options.until === undefined) return {};
  const until = parsed('--until', options.until, parseMoment(options.until, now));
  if (until <= now) refuse(`--until "${printable(options.until)}" has passed`);
  return { until };
}

/** Characters of --why. */
const longest = 200;

function whyOf({ why }: LimitOptions): Pick<WantedOverride, 'why'> {
  const text = printable(why ?? '').trim();
  if (Array.from(text).length > longest) refuse(`--why takes ${longest} characters`);
  return text === '' ? {} : { why: text };
}

function parsed(option: string, text: string, value: number | Refusal): number {
  if (typeof value === 'number') return value;
  return refuse(`${option} "${printable(text)}" ${value.reason}`, value.hint);
}

/** @throws ConfigError */
function refuse(message: string, hint?: string): never {
  throw new ConfigError([{ severity: 'error', message, ...(hint ? { hint } : {}) }]);
}
