// Decoders of single values. A rate or ceil is one value for both directions or { out, in }; an absent direction keeps its
// inherited value.

import type { Findings } from '../../toml/findings.ts';
import type { TomlTable } from '../../toml/tree.ts';
import { formatPath } from '../../toml/write.ts';
import { doubtAbout, parseRate, parseSize, type Refusal } from '../../units/rate.ts';
import { type Both, type Direction, directions, isDeviceOrAltname } from '../../units/units.ts';
import type { Setting } from '../config.ts';
import { deviceNameHint } from '../names.ts';
import { type Decoder, Fields, wrongType } from './fields.ts';

/** HTB's bounds: the kernel clamps a computed quantum to these (net/sched/sch_htb.c). */
const quantumRange = { least: 1000, most: 200_000 };

/** Rates in bits per second. */
export const rate = quantity(parseRate, 'a rate', doubtAbout);

/** Sizes in bytes. */
export const size = quantity(parseSize, 'a size');

export const quantum: Decoder<Setting<number>> = (entry, path, findings) => {
  const bytes = size(entry, path, findings);
  if (bytes === undefined) return undefined;
  if (bytes.value >= quantumRange.least && bytes.value <= quantumRange.most) return bytes;
  return findings.error(
    entry.value.at,
    `${formatPath(path)}: a quantum of ${bytes.value} bytes is out of the kernel's range`,
    `take ${quantumRange.least} to ${quantumRange.most}, or leave it out: it is computed from the rate`,
  );
};

export const text: Decoder<Setting<string>> = ({ value }, path, findings) =>
  value.type === 'string'
    ? { value: value.value, at: value.at }
    : wrongType(value, path, 'a text in quotes', findings);

const deviceName: Decoder<Setting<string>> = (entry, path, findings) => {
  const name = text(entry, path, findings);
  if (name === undefined || isDeviceOrAltname(name.value)) return name;
  return findings.error(
    entry.value.at,
    `${formatPath(path)}: ${JSON.stringify(name.value)} cannot be the name of a network device`,
    deviceNameHint,
  );
};

/** A name, or a list of names. */
export const deviceNameList: Decoder<Setting<string>[]> = (entry, path, findings) => {
  const { key, value } = entry;
  const items = value.type === 'list' ? value.items : [value];
  if (items.length === 0) {
    return findings.error(
      value.at,
      `${formatPath(path)}: this list is empty`,
      'name one, or leave the key out',
    );
  }
  const names = items.flatMap((item) => deviceName({ key, value: item }, path, findings) ?? []);
  for (const [index, { value: name, at = value.at }] of names.entries()) {
    if (names.findIndex((one) => one.value === name) === index) continue;
    findings.error(at, `${formatPath(path)}: ${name} stands in this list twice`, 'once is enough');
  }
  return names;
};

export const yesOrNo: Decoder<boolean> = ({ value }, path, findings) =>
  value.type === 'boolean' ? value.value : wrongType(value, path, 'true or false', findings);

export function oneOf<T extends string>(...words: T[]): Decoder<T> {
  const list = words.map((word) => `"${word}"`).join(' or ');
  return ({ value }, path, findings) => {
    if (value.type !== 'string') return wrongType(value, path, list, findings);
    const word = words.find((known) => known === value.value);
    if (word !== undefined) return word;
    return findings.error(
      value.at,
      `${formatPath(path)}: must be ${list}, not ${JSON.stringify(value.value)}`,
    );
  };
}

/** An integer that `accepts` allows; `wanted` names the range in messages. */
export function integer(accepts: (number: number) => boolean, wanted: string): Decoder<Setting<number>> {
  return ({ value }, path, findings) => {
    if (value.type !== 'number') return wrongType(value, path, wanted, findings);
    const number = Number(value.value);
    if (Number.isInteger(number) && accepts(number)) return { value: number, at: value.at };
    return findings.error(value.at, `${formatPath(path)}: must be ${wanted}, not ${value.value}`);
  };
}

/** One value for both directions, or { out, in }; `otherwise` is the value of an absent direction. */
export function eachWay(
  decode: Decoder<Setting<number>>,
  otherwise?: Both<Setting<number>>,
): Decoder<Both<Setting<number>>> {
  return (entry, path, findings) => {
    if (entry.value.type !== 'table') {
      const value = decode(entry, path, findings);
      return value && { out: value, in: value };
    }
    const braces = inBraces(decode, entry.value, path, findings);
    if (!braces) return undefined;
    const { written, missing } = braces;
    const rest =
      missing.length > 0 && entry.replaces
        ? eachWay(decode, otherwise)({ key: entry.key, value: entry.replaces }, path, findings)
        : otherwise;
    const outward = written.out ?? rest?.out;
    const inward = written.in ?? rest?.in;
    if (outward && inward) return { out: outward, in: inward };
    if (missing.length === 0 || rest) return undefined;
    return findings.absence(
      entry.value.at,
      `${formatPath(path)}: "${missing[0]}" is missing`,
      'nothing else says what it should be here, so both "out" and "in" are needed',
    );
  };
}

/** One value for both directions, or { out, in } of which one may be absent, and stays undefined. */
export function someWays<T>(decode: Decoder<Setting<T>>): Decoder<Partial<Both<Setting<T>>>> {
  return (entry, path, findings) => {
    if (entry.value.type !== 'table') {
      const value = decode(entry, path, findings);
      return value && { out: value, in: value };
    }
    return inBraces(decode, entry.value, path, findings)?.written;
  };
}

/** Decodes { out, in }, and tells the absent one. @returns nothing when both are absent, which is an error */
function inBraces<T>(
  decode: Decoder<Setting<T>>,
  table: TomlTable,
  path: string[],
  findings: Findings,
): { written: Partial<Both<Setting<T>>>; missing: Direction[] } | undefined {
  const fields = new Fields(path, table, findings);
  const written = { ...fields.optional('out', decode), ...fields.optional('in', decode) };
  fields.reportUnknown();
  const missing = directions.filter((direction) => !fields.has(direction));
  if (missing.length < 2) return { written, missing };
  return findings.error(table.at, `${formatPath(path)}: these braces need an "out", an "in" or both`);
}

/** @param doubt of a value that is taken, which is a warning */
export function quantity(
  parse: (written: string | number | bigint) => number | Refusal,
  wanted: string,
  doubt?: (written: string, parsed: number) => Required<Refusal> | undefined,
): Decoder<Setting<number>> {
  return ({ value }, path, findings) => {
    if (value.type !== 'string' && value.type !== 'number') return wrongType(value, path, wanted, findings);
    const parsed = parse(value.value);
    if (typeof parsed === 'number') {
      const doubted = doubt?.(String(value.value), parsed);
      if (doubted) findings.warning(value.at, `${formatPath(path)}: ${doubted.reason}`, doubted.hint);
      return { value: parsed, at: value.at };
    }
    const written = value.type === 'string' ? JSON.stringify(value.value) : value.value;
    return findings.error(value.at, `${formatPath(path)}: ${written} ${parsed.reason}`, parsed.hint);
  };
}
