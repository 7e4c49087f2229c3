// Decodes the conditional limits: [[... .when]], [... .quota], [guest.NAME.boost]. check/changes.ts looks for those without
// an effect.
import type { Source } from '../../system/errors.ts';
import { formatPath } from '../../toml/write.ts';
import { type DaysAndTimes, parseDaysAndTimes } from '../../units/days-and-times.ts';
import { type Period, parsePeriod } from '../../units/period.ts';
import type { Refusal } from '../../units/rate.ts';
import { doubtAboutVolume, parseVolume } from '../../units/volume.ts';
import type { Boost, OtherValues, Quota, Setting, Window } from '../config.ts';
import { type Decoder, Fields, wrongType } from './fields.ts';
import { quantity, rate, someWays } from './values.ts';

/** The settings that may change for a time; a group has no rate. */
type Keys = readonly ('rate' | 'ceil')[];

export const rateAndCeil: Keys = ['rate', 'ceil'];
export const ceilOnly: Keys = ['ceil'];

const volume = quantity(parseVolume, 'a volume', doubtAboutVolume);
const everyMonth: Setting<Period> = { value: { every: 'month', on: 1 } };

export function decodeWindows(fields: Fields, keys: Keys): { when?: Window[] } {
  const items = fields.items('when');
  return items ? { when: items.flatMap((item) => decodeWindow(item, keys) ?? []) } : {};
}

function decodeWindow({ at, fields }: { at: Source; fields: Fields }, keys: Keys): Window | undefined {
  const { time } = fields.optional('time', times);
  const values = decodeOthers(fields, keys);
  fields.reportUnknown();
  if (!fields.has('time')) {
    return fields.findings.absence(
      at,
      `${formatPath(fields.path)}: "time" is missing`,
      'write time = "mon..fri 08:00-18:00" below it, for example',
    );
  }
  if (!hasSome(fields, keys)) return lacksValues(fields, at, keys);
  return time && { at, times: time, ...values };
}

export function decodeQuota(fields: Fields, keys: Keys): { quota?: Quota } {
  return fields.optional('quota', ({ value }, path, findings) => {
    if (value.type !== 'table') return wrongType(value, path, `a table ([${formatPath(path)}])`, findings);
    const quota = new Fields(path, value, findings);
    const { at } = value;
    const { volume: volumes } = quota.optional('volume', volumeOrEach);
    const { every = everyMonth } = quota.optional('every', parsed(parsePeriod, 'a text in quotes'));
    const { then } = quota.optional('then', others(keys));
    quota.reportUnknown();
    const missing = ['volume', 'then'].find((key) => !quota.has(key));
    if (missing !== undefined) {
      return findings.absence(
        at,
        `${formatPath(path)}: "${missing}" is missing`,
        missing === 'then'
          ? 'write then = { ceil = "10mbit" }, for example: the limit once the volume is used up'
          : 'write volume = "2tb", for example, or { out = "2tb" }',
      );
    }
    return volumes && then && { at, volume: volumes, every, then };
  });
}

export function decodeBoost(fields: Fields): { boost?: Boost } {
  return fields.optional('boost', ({ value }, path, findings) => {
    if (value.type !== 'table') return wrongType(value, path, `a table ([${formatPath(path)}])`, findings);
    const boost = new Fields(path, value, findings);
    const { ceil, volume: credit } = {
      ...boost.optional('ceil', someWays(rate)),
      ...boost.optional('volume', volume),
    };
    boost.reportUnknown();
    const missing = ['ceil', 'volume'].find((key) => !boost.has(key));
    if (missing !== undefined) {
      return findings.absence(
        value.at,
        `${formatPath(path)}: "${missing}" is missing`,
        'a boost has a ceil that is more than the guest\'s, and a volume that may pass so: ceil = "1gbit", volume = "10gb"',
      );
    }
    return ceil && credit && { at: value.at, ceil, volume: credit };
  });
}

/** One volume for both directions together, or { out, in } with one for each. */
const volumeOrEach: Decoder<Quota['volume']> = (entry, path, findings) => {
  if (entry.value.type === 'table') return someWays(volume)(entry, path, findings);
  const total = volume(entry, path, findings);
  return total && { both: total };
};

function others(keys: Keys): Decoder<Quota['then']> {
  return ({ value }, path, findings) => {
    if (value.type !== 'table') {
      return wrongType(value, path, 'a table, for example { ceil = "10mbit" }', findings);
    }
    const fields = new Fields(path, value, findings);
    const values = decodeOthers(fields, keys);
    fields.reportUnknown();
    return hasSome(fields, keys) ? { at: value.at, ...values } : lacksValues(fields, value.at, keys);
  };
}

function decodeOthers(fields: Fields, keys: Keys): OtherValues {
  return Object.assign({}, ...keys.map((key) => fields.optional(key, someWays(rate))));
}

function hasSome(fields: Fields, keys: Keys): boolean {
  return keys.some((key) => fields.has(key));
}

function lacksValues(fields: Fields, at: Source, keys: Keys): undefined {
  return fields.findings.absence(
    at,
    `${formatPath(fields.path)}: it changes nothing`,
    `write ceil = "10mbit"${keys.includes('rate') ? ' or rate = "5mbit"' : ''} in it, for example`,
  );
}

/** A string, or a list of strings. */
const times: Decoder<DaysAndTimes[]> = ({ key, value }, path, findings) => {
  const items = value.type === 'list' ? value.items : [value];
  if (items.length === 0) {
    return findings.error(
      value.at,
      `${formatPath(path)}: this list is empty, so the window never holds`,
      'name a time, for example "mon..fri 08:00-18:00"',
    );
  }
  const decode = parsed(parseDaysAndTimes, 'a text in quotes, or a list of them');
  const all = items.map((item) => decode({ key, value: item }, path, findings));
  return all.every((one) => one !== undefined) ? all.map((one) => one.value) : undefined;
};

function parsed<T extends object>(parse: (text: string) => T | Refusal, wanted: string): Decoder<Setting<T>> {
  return ({ value }, path, findings) => {
    if (value.type !== 'string') return wrongType(value, path, wanted, findings);
    const result = parse(value.value);
    if (!('reason' in result)) return { value: result, at: value.at };
    return findings.error(
      value.at,
      `${formatPath(path)}: ${JSON.stringify(value.value)} ${result.reason}`,
      result.hint,
    );
  };
}
