// Decodes one TOML table strictly: a key that no decoder asked for is an unknown key. Each problem becomes a finding with its
// place, and decoding continues, so that one run reports all of them.
import type { Source } from '../../system/errors.ts';
import type { Findings } from '../../toml/findings.ts';
import type { TomlEntry, TomlTable, TomlValue } from '../../toml/tree.ts';
import { formatPath } from '../../toml/write.ts';
import { nearest } from '../../units/nearest.ts';

/** Decodes the value at `path`; undefined, with a finding, when it is wrong. */
export type Decoder<T> = (entry: TomlEntry, path: string[], findings: Findings) => T | undefined;

/** A table with a name of the file's own: [guest.NAME]. */
export interface NamedTable {
  name: string;
  at: Source;
  fields: Fields;
}

export class Fields {
  private readonly known: string[] = [];

  constructor(
    readonly path: string[],
    private readonly table: TomlTable | undefined,
    readonly findings: Findings,
  ) {}

  /** `{ key: value }`, to be spread into a decoded object; `{}` when the key is absent. */
  optional<K extends string, T>(key: K, decode: Decoder<T>): { [P in K]?: T } {
    const entry = this.entry(key);
    const value = entry && decode(entry, [...this.path, key], this.findings);
    return value === undefined ? {} : ({ [key]: value } as { [P in K]?: T });
  }

  has(key: string): boolean {
    return this.table?.entries.has(key) ?? false;
  }

  /** The table under a key, empty when the key is absent. */
  section(key: string): Fields {
    const entry = this.entry(key);
    const path = [...this.path, key];
    return new Fields(path, entry && openTable(entry, path, this.findings), this.findings);
  }

  /** The named tables under a key: [KEY.NAME]. */
  sections(key: string): NamedTable[] {
    const parent = this.section(key);
    return [...(parent.table?.entries ?? [])].flatMap(([name, { key: at }]) => {
      const fields = parent.section(name);
      return fields.table ? [{ name, at, fields }] : [];
    });
  }

  /** The tables of a list, as [[... .KEY]] or inline. Undefined when the key is absent. */
  items(key: string): { at: Source; fields: Fields }[] | undefined {
    const value = this.entry(key)?.value;
    const path = [...this.path, key];
    if (value === undefined) return undefined;
    const wanted = `tables in a list ([[${formatPath(path)}]])`;
    if (value.type !== 'list') {
      wrongType(value, path, wanted, this.findings);
      return [];
    }
    return value.items.flatMap((item) => {
      if (item.type === 'table') return [{ at: item.at, fields: new Fields(path, item, this.findings) }];
      wrongType(item, path, wanted, this.findings);
      return [];
    });
  }

  /** Reports unknown keys; to be called after every known key was asked for. */
  reportUnknown(): void {
    for (const [key, { key: at, value }] of this.table?.entries ?? []) {
      if (this.known.includes(key)) continue;
      const kind = value.type === 'table' ? 'table' : 'key';
      const meant = this.synonym(key) ?? nearest(key, this.known);
      this.findings.error(
        at,
        `${formatPath([...this.path, key])}: unknown ${kind}${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`,
        meant === undefined ? `known here: ${this.known.join(', ')}` : undefined,
      );
    }
  }

  /** Keys as other tools name them. */
  private synonym(key: string): string | undefined {
    const word =
      key
        .toLowerCase()
        .replace(/^(?:ceil|rate|bandwidth|speed)_?(?=max|min|limit)|_?(?:rate|bandwidth|speed)$/, '') || key;
    const meant = Object.entries(synonyms).find(([, words]) => words.includes(word.toLowerCase()))?.[0];
    return meant !== undefined && this.known.includes(meant) ? meant : undefined;
  }

  private entry(key: string): TomlEntry | undefined {
    this.known.push(key);
    return this.table?.entries.get(key);
  }
}

/** Key -> words that people write in its place. */
const synonyms: Record<string, string[]> = {
  ceil: ['max', 'maximum', 'limit', 'speed', 'bandwidth', 'peak', 'cap', 'ceiling', 'upto', 'throttle'],
  when: ['window', 'windows', 'schedule', 'timetable', 'times'],
  time: ['times', 'hours', 'at', 'day', 'days'],
  quota: ['traffic', 'transfer', 'allowance', 'volume'],
  volume: ['size', 'amount', 'bytes', 'traffic', 'credit'],
  every: ['per', 'period', 'interval', 'reset'],
  // biome-ignore lint/suspicious/noThenProperty: a key of the configuration
  then: ['after', 'afterwards', 'exceeded', 'above', 'action'],
  rate: ['min', 'minimum', 'guarantee', 'guaranteed', 'average', 'floor', 'reserved', 'reservation'],
};

/** The table of an entry; the last file with a table counts when an earlier one has some other value there. */
function openTable(entry: TomlEntry, path: string[], findings: Findings): TomlTable | undefined {
  for (const value of [entry.replaces, entry.value]) {
    if (value && value.type !== 'table') {
      wrongType(value, path, `a table ([${formatPath(path)}])`, findings);
    }
  }
  return entry.value.type === 'table' ? entry.value : undefined;
}

export function wrongType(value: TomlValue, path: string[], wanted: string, findings: Findings): undefined {
  const is = {
    table: 'a table',
    string: 'a text',
    number: 'a number',
    boolean: 'true or false',
    list: 'a list',
    date: 'a date',
  };
  findings.error(value.at, `${formatPath(path)}: must be ${wanted}, not ${is[value.type]}`);
}
