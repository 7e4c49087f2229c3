// Our tables as data, from a file of rules.d or from what nft lists: the one reader of nft's language. nft orders and
// indents otherwise than we write, but prints a rule and an element as it was given, so the two can be compared.

import { tableName } from '../../plan/names.ts';
import { memoize } from '../../system/memoize.ts';

export interface Chain {
  /** `type filter hook forward priority 250; policy accept;`; absent for a chain that others lead to. */
  hook?: string;
  /** Without comments of the file; that of the rule itself is part of it. */
  rules: string[];
  /** Index of the line on which it begins, and of that with its closing brace. */
  line: number;
  end: number;
}

export interface ElementMap {
  /** `type ifname . ifname : verdict`, and what else nft says of it. */
  type: string;
  /** `"vnet0" . "eth0"` -> `goto out-10`, a mark or a class; of a set, nothing. */
  elements: Map<string, string>;
  /** The key's line, by index. */
  lines: Map<string, number>;
}

export interface Table {
  chains: Map<string, Chain>;
  /** And sets. */
  maps: Map<string, ElementMap>;
}

export interface Statement {
  line: number;
  text: string;
}

export interface Ruleset {
  /** `bridge virt-shaper` -> what it holds. */
  tables: Map<string, Table>;
  /** What stands outside of every table, and includes wherever they stand. */
  outside: Statement[];
  /** Lines inside of a table that belong to neither a chain nor a map. */
  others: Statement[];
}

const element =
  /((?:"[^"]+"|0x[0-9a-f]+|[0-9a-f:.]+)(?: \. (?:"[^"]+"|0x[0-9a-f]+|[0-9a-f:.]+))*) : (goto [\w-]+|0x[0-9a-f]+|[0-9a-f]+:[0-9a-f]+)/g;

/** Of a set: a device, or one with an Ethernet address. */
const setElement = /(?:"[^"]+"|0x[0-9a-f]+|[0-9a-f:]{17})(?: \. (?:"[^"]+"|[0-9a-f:]{17}))*/g;

/** Never fails: what it does not know is among `outside` and `others`. */
export const parseRuleset = memoize((text: string): Ruleset => {
  const ruleset: Ruleset = { tables: new Map(), outside: [], others: [] };
  let table: Table | undefined;
  let block: Chain | ElementMap | 'other' | undefined;
  let depth = 0; // Of braces in a block of no kind that is known here.
  let listing = false;
  let isSet = false;
  for (const [line, raw] of text.split('\n').entries()) {
    const code = withoutComment(raw.trimStart());
    if (code === '') continue;
    if (/^include\b/.test(code) || !table) {
      const name = code.match(/^table (\w+ \S+) \{$/)?.[1];
      if (name === undefined) ruleset.outside.push({ line, text: code });
      else table = put(ruleset.tables, name, { chains: new Map(), maps: new Map() });
    } else if (block === undefined) {
      const [, kind, name = ''] = code.match(/^(chain|map|set) ([\w-]+) \{$/) ?? [];
      if (code === '}') table = undefined;
      else if (kind === 'chain') block = put(table.chains, name, { rules: [], line, end: line });
      else if (kind !== undefined) {
        block = put(table.maps, name, { type: '', elements: new Map(), lines: new Map() });
        isSet = kind === 'set';
      } else {
        ruleset.others.push({ line, text: code });
        depth = braces(code);
        if (depth > 0) block = 'other';
      }
    } else if (block === 'other') {
      ruleset.others.push({ line, text: code });
      depth += braces(code);
      if (depth <= 0) block = undefined;
    } else if ('rules' in block) {
      if (code === '}') {
        block.end = line;
        block = undefined;
      } else if (code.startsWith('type ')) block.hook = code;
      else block.rules.push(code);
    } else if (listing || code.startsWith('elements = {')) {
      const found = isSet ? code.matchAll(setElement) : code.matchAll(element);
      for (const [whole, key = whole, value = ''] of found) {
        block.elements.set(key, value);
        block.lines.set(key, line);
      }
      listing = !code.endsWith('}');
    } else if (code === '}') block = undefined;
    else block.type += code;
  }
  return ruleset;
});

function put<T>(map: Map<string, T>, name: string, value: T): T {
  map.set(name, value);
  return value;
}

/** How many more of them it opens than it closes. */
function braces(code: string): number {
  const bare = withoutStrings(code);
  return bare.split('{').length - bare.split('}').length;
}

/** A `#` in a string begins none. */
function withoutComment(line: string): string {
  return line.includes('#') ? (line.match(/^(?:"[^"]*"|[^"#])*/)?.[0] ?? '').trimEnd() : line.trimEnd();
}

/** A rule without its strings: a guest may be called "meta priority set 1:10". */
export function withoutStrings(rule: string): string {
  return rule.replace(/"[^"]*"/g, '""');
}

/** The first class and mark that a chain of ours gives to frames. */
export function given({ rules }: Chain): { mark?: string; class?: string } {
  const code = rules.map(withoutStrings).join('\n');
  const mark = code.match(/\bmeta mark set (0x[0-9a-f]+)/)?.[1];
  const id = code.match(/\bmeta priority set ([0-9a-f]+:[0-9a-f]+)/)?.[1];
  return { ...(mark ? { mark } : {}), ...(id ? { class: id } : {}) };
}

/** `goto out-10` -> `out-10` */
export function targetOf(value: string): string | undefined {
  return value.match(/^goto ([\w-]+)$/)?.[1];
}

/** `"vnet0" . "eth0"` -> [`vnet0`, `eth0`] */
export function wordsOf(key: string): string[] {
  return key.split(' . ').map((word) => word.replaceAll('"', ''));
}

/** A listing without what was learned from traffic: it changes by itself. */
export function withoutLearned(listing: string): string {
  return listing.replace(
    /^(\tset learn(?:ed|ers) \{[^\n]*\n(?:\t\t(?!elements).*\n)*)\t\telements = \{[^}]*\}\n/gm,
    '$1',
  );
}

/** For `nft -f`: takes both tables away, there or not. */
export const noTable = ['bridge', 'inet']
  .map((family) => `table ${family} ${tableName} {}\ndelete table ${family} ${tableName}\n`)
  .join('');

/** A ruleset without guests takes the table away. */
export function makesNoTable(ruleset: string): boolean {
  return !/^\s*chain /m.test(ruleset);
}
