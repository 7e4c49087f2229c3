// Parses our own tables, from a file of rules.d or from nft's listing. nft's listing has another order and indentation, but
// rules and elements as they were written, so the two can be compared.

import { tableName } from '../../plan/names.ts';
import { memoize } from '../../system/memoize.ts';
import { type Block, readBlocks, type Statement, withoutStrings } from './blocks.ts';

export interface Chain {
  /** `type filter hook forward priority 250; policy accept;`; absent for a chain that is no base chain. */
  hook?: string;
  /** Without comments that begin with #; a rule's own `comment "..."` is part of it. */
  rules: string[];
  /** Index of the line on which it begins, and of that with its closing brace. */
  line: number;
  end: number;
}

export interface ElementMap {
  /** `type ifname . ifname : verdict`, with flags and the like. */
  type: string;
  /** `"vnet0" . "eth0"` -> `goto out-10`, a mark or a class; empty in a set. */
  elements: Map<string, string>;
  /** Key -> index of its line. */
  lines: Map<string, number>;
}

export interface Table {
  chains: Map<string, Chain>;
  /** Maps and sets. */
  maps: Map<string, ElementMap>;
}

export interface Ruleset {
  /** `bridge virt-shaper` -> its content. */
  tables: Map<string, Table>;
  /** As in Blocks. */
  outside: Statement[];
  /** Lines of a table that belong to neither a chain nor a map or set. */
  others: Statement[];
}

const element =
  /((?:"[^"]+"|0x[0-9a-f]+|[0-9a-f:.]+)(?: \. (?:"[^"]+"|0x[0-9a-f]+|[0-9a-f:.]+))*) : (goto [\w-]+|0x[0-9a-f]+|[0-9a-f]+:[0-9a-f]+)/g;

/** An element of a set: a device, or a device with an Ethernet address. */
const setElement = /(?:"[^"]+"|0x[0-9a-f]+|[0-9a-f:]{17})(?: \. (?:"[^"]+"|[0-9a-f:]{17}))*/g;

export const parseRuleset = memoize((text: string): Ruleset => {
  const { tables, outside } = readBlocks(text);
  const ruleset: Ruleset = { tables: new Map(), outside, others: [] };
  for (const { family, name, blocks, statements } of tables) {
    const table: Table = { chains: new Map(), maps: new Map() };
    ruleset.tables.set(`${family} ${name}`, table);
    ruleset.others.push(...statements);
    for (const block of blocks) {
      if (block.kind === 'chain') table.chains.set(block.name, chainOf(block));
      else if (block.kind === 'flowtable') {
        const head = { line: block.line, text: `flowtable ${block.name} {` };
        ruleset.others.push(head, ...block.statements);
      } else table.maps.set(block.name, mapOf(block));
    }
  }
  return ruleset;
});

function chainOf({ statements, line, end }: Block): Chain {
  const hook = statements.find(({ text }) => text.startsWith('type '))?.text;
  const rules = statements.map(({ text }) => text).filter((text) => !text.startsWith('type '));
  return { ...(hook === undefined ? {} : { hook }), rules, line, end };
}

function mapOf({ kind, statements }: Block): ElementMap {
  const map: ElementMap = { type: '', elements: new Map(), lines: new Map() };
  let listing = false;
  for (const { line, text } of statements) {
    if (!listing && !text.startsWith('elements = {')) {
      map.type += text;
      continue;
    }
    const found = kind === 'set' ? text.matchAll(setElement) : text.matchAll(element);
    for (const [whole, key = whole, value = ''] of found) {
      map.elements.set(key, value);
      map.lines.set(key, line);
    }
    listing = !text.endsWith('}');
  }
  return map;
}

/** The first class and the first mark that a chain sets. */
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
export function partsOf(key: string): string[] {
  return key.split(' . ').map((word) => word.replaceAll('"', ''));
}

/** Removes the sets that nft fills from traffic, since they change without anybody's doing. */
export function withoutLearned(listing: string): string {
  return listing.replace(
    /^(\tset learn(?:ed|ers) \{[^\n]*\n(?:\t\t(?!elements).*\n)*)\t\telements = \{[^}]*\}\n/gm,
    '$1',
  );
}

/** Input for `nft -f` that deletes both tables, whether or not they exist. */
export const noTable = ['bridge', 'inet']
  .map((family) => `table ${family} ${tableName} {}\ndelete table ${family} ${tableName}\n`)
  .join('');

/** Whether a ruleset only deletes our tables, as one without guests does. */
export function makesNoTable(ruleset: string): boolean {
  return !/^\s*chain /m.test(ruleset);
}
