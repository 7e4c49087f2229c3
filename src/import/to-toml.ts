// Prints an imported policy as TOML. It does not know the source format: each importer passes plain data, and `from` becomes a
// comment with the line of the imported file.
import { escapeName } from '../config/pattern.ts';
import { basicString, tomlComment, tomlKey } from '../toml/write.ts';
import { formatRate } from '../units/rate.ts';
import { type Both, directions } from '../units/units.ts';

/** In bits per second, one value for both directions or one for each. */
export type ImportedRate = number | Partial<Both<number>>;

/** Absent: not written, so that virt-shaper's own rules apply. */
export interface ImportedClass {
  from: string;
  /** Further comments of the entry, a line each. */
  notes?: string[];
  rate?: ImportedRate;
  ceil?: ImportedRate;
}

export interface ImportedUplink {
  name: string;
  from: string;
  notes?: string[];
  ceil?: number;
  /** The minor of the class of everything unmarked. */
  unmarkedId?: number;
}

export interface ImportedGroup extends Omit<ImportedClass, 'rate'> {
  name: string;
  id?: number;
  /** By uplink: what is different there. */
  on: Map<string, Omit<ImportedClass, 'rate'>>;
}

export interface ImportedGuest extends ImportedClass {
  name: string;
  id?: number;
  group?: string;
  /** By uplink: what is different there. */
  on: Map<string, ImportedGuestOn>;
}

export interface ImportedGuestOn extends ImportedClass {
  group?: string;
}

export interface ImportedPolicy {
  /** The sources of the file, for its first line. */
  source: string;
  /** Comments at the top of the file, a line each. */
  notes?: string[];
  uplinks: ImportedUplink[];
  groups: ImportedGroup[];
  guests: ImportedGuest[];
}

/** @returns valid TOML 1.0, whatever characters the names contain */
export function toToml(policy: ImportedPolicy): string {
  const tables = [
    [policy.source, ...(policy.notes ?? [])].map(tomlComment).join(''),
    ...policy.uplinks.flatMap(uplinkTables),
    ...policy.groups.flatMap(({ name, on, ...values }) => classTables(['group', name], values, on)),
    ...policy.guests.flatMap(({ name, on, ...values }) =>
      classTables(['guest', escapeName(name)], values, on),
    ),
  ];
  return tables.join('\n');
}

function uplinkTables({ name, unmarkedId, ...values }: ImportedUplink): string[] {
  const unmarked = { id: unmarkedId, from: 'the default class: what belongs to no guest' };
  const path = ['uplink', name];
  return [table(path, values), ...(unmarkedId === undefined ? [] : [table([...path, 'unmarked'], unmarked)])];
}

function classTables(path: string[], values: Values, on: Map<string, Values>): string[] {
  return [table(path, values), ...Array.from(on, ([uplink, other]) => table([...path, 'on', uplink], other))];
}

interface Values {
  from: string;
  notes?: string[];
  id?: number | undefined;
  group?: string;
  rate?: ImportedRate;
  ceil?: ImportedRate;
}

function table(path: string[], { from, notes = [], id, group, rate, ceil }: Values): string {
  return [
    `[${path.map(tomlKey).join('.')}]  ${tomlComment(from)}`,
    ...notes.map(tomlComment),
    id === undefined ? '' : `id = 0x${id.toString(16)}\n`,
    group === undefined ? '' : `group = ${basicString(group)}\n`,
    rate === undefined ? '' : `rate = ${rateValue(rate)}\n`,
    ceil === undefined ? '' : `ceil = ${rateValue(ceil)}\n`,
  ].join('');
}

function rateValue(rate: ImportedRate): string {
  if (typeof rate === 'number') return basicString(readableRate(rate));
  if (rate.out !== undefined && rate.out === rate.in) return rateValue(rate.out);
  const ways = directions.flatMap((way) => {
    const bits = rate[way];
    return bits === undefined ? [] : `${way} = ${basicString(readableRate(bits))}`;
  });
  return `{ ${ways.join(', ')} }`;
}

/** Megabytes of 1,048,576 bytes are whole in binary units: 104857600 is "100mibit". */
function readableRate(bits: number): string {
  const units = Object.entries({ gibit: 2 ** 30, mibit: 2 ** 20, kibit: 2 ** 10 });
  const [unit, size] = units.find(([, one]) => bits % one === 0) ?? ['', 1];
  return unit !== '' && bits % 1000 !== 0 ? `${bits / size}${unit}` : formatRate(bits);
}
