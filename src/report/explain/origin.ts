// The origin of a value in words: where it is configured, its steps, and its cuts.
import { dirname } from 'node:path';
import type { MomentStep } from '../../policy/moment/moment.ts';
import type { Cut, Origin } from '../../policy/origin.ts';
import type { Source } from '../../system/errors.ts';
import { label } from '../../text/label.ts';
import { formatPlace } from '../../toml/place.ts';
import { formatMinute } from '../../units/clock.ts';
import { formatRate } from '../../units/rate.ts';
import type { ExplainedRate, ExplainedSize, ExplainedUplink } from './values.ts';

/** Formats a place; files are relative to the configuration's folder. */
export type Place = (at: Source) => string;

export function places(folder: string): Place {
  return (at) => {
    const prefix = `${folder}/`;
    const file = at.file.startsWith(prefix) ? at.file.slice(prefix.length) : at.file;
    return formatPlace({ ...at, file });
  };
}

export function folderOf(file: string): string {
  return dirname(file);
}

/** @returns where the value is configured, then a line for each step and each cut */
export function rateOrigin(
  rate: ExplainedRate,
  uplink: Pick<ExplainedUplink, 'name' | 'link'>,
  place: Place,
): string[] {
  const origin = originText(rate, uplink.name, place);
  const { found, steps, cuts } = rate;
  if (steps.length + cuts.length === 0) return [origin];
  const first =
    rate.from === 'built-in' ? `${formatRate(found)} is ${origin}` : `${origin} says ${formatRate(found)}`;
  const [own, later] = [true, false].map((isOwn) =>
    cuts
      .filter(({ by }) => (by === 'metadata') === isOwn)
      .map((cut) => cutText(cut, uplink, place) + (cut.step ? `, where ${stepText(cut.step, place)}` : '')),
  );
  return [first, ...(own ?? []), ...steps.map((step) => stepText(step, place)), ...(later ?? [])];
}

/** `limited to 5mbit until 2026-12-24 20:00 by alice, 2026-12-24 18:00: abuse report 4711` */
function stepText({ by, to, at, until, set }: MomentStep, place: Place): string {
  const end = until === undefined ? '' : ` until ${formatMinute(until)}`;
  const where = at ? `, ${place(at)}` : '';
  if (!set) return `${stepWords[by]} ${formatRate(to)}${end}${where}`;
  const why = set.why === undefined ? '' : `: ${set.why}`;
  return `${stepWords[by]} ${formatRate(to)}${end} by ${label(set.by)}, ${formatMinute(set.since)}${why}`;
}

const stepWords: Record<MomentStep['by'], string> = {
  window: 'by the clock',
  boost: 'with credit',
  quota: 'its volume is used up:',
  limit: 'limited to',
};

export function originText({ from, at }: Origin, uplink: string, place: Place): string {
  const where = at ? place(at) : '';
  switch (from) {
    case 'on':
      return `${where}, for ${uplink}`;
    case 'entry':
      return where;
    case 'metadata':
      return "the guest's own metadata";
    case 'defaults':
      return `${where}, [defaults]`;
    case 'built-in':
      return 'built in, as nothing is written';
  }
}

function cutText({ by, name, at, sum }: Cut, { link }: Pick<ExplainedUplink, 'link'>, place: Place): string {
  const written = at ? `, ${place(at)}` : '';
  switch (by) {
    case 'metadata':
      return `cut to what [defaults] lets a guest ask for${written}`;
    case 'ceil':
      return 'cut to its ceil';
    case 'group':
      return `cut to the ceil of group ${label(name)}${written}`;
    case 'link':
      return `cut to the link of ${name}${written || speedWords[link.out.from]}`;
    case 'sum':
      return sum ? `scaled: ${sumText(name, sum)}` : '';
    case 'refused':
      return 'not given: with it, those of the guests before it could not be kept (oversubscribed = "refuse")';
  }
}

export function sizeOrigin({ from, at, found }: ExplainedSize, of: string, place: Place): string[] {
  if (from === 'computed') return [`computed from the ${of}`];
  const where = at ? place(at) : '';
  return found === undefined ? [where] : [`${where} says ${found} bytes`, 'cut to what the kernel can hold'];
}

export function sumText(whose: string, { of, limit }: { of: number; limit: number }): string {
  return `the guarantees of ${whose} sum to ${formatRate(of)}, and there are only ${formatRate(limit)}`;
}

/** The origin of a link's speed that is not configured. */
const speedWords = {
  entry: '',
  kernel: ', as the kernel reports it',
  remembered: ', as the kernel reported it last',
  assumed: ', which is assumed',
};
