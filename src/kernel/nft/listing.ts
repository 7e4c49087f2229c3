// What `nft list ruleset` prints, as data: tables with their chains, sets and maps, rules as words. Everybody's rules
// are in it, also those of iptables-nft. What a word means is left to who walks it (observe/way/rule.ts).

import { tableName } from '../../plan/names.ts';
import { type Block, readBlocks, type Statement } from './blocks.ts';

export interface NftTable {
  family: string;
  name: string;
  chains: Map<string, NftChain>;
  /** Set and map -> its elements: of a map the word after the colon, of a set nothing. */
  elements: Map<string, NftElements>;
  /** Flowtable -> its devices. */
  flowtables: Map<string, string[]>;
  /** It came after ours, so that of two chains of one priority its own is passed first. */
  later?: true;
  /** Of a table that nft does not list: the tool that does. */
  tool?: string;
}

export interface NftChain {
  name: string;
  /** Absent for a chain that others jump to. */
  hook?: NftHook;
  /** Each rule as words; what stands in braces, with them, is one word. */
  rules: string[][];
}

export interface NftHook {
  hook: string;
  priority: number;
  /** Of the netdev family. */
  devices: string[];
  /** Whether it drops what comes to its end. */
  drops?: true;
}

export interface NftElements {
  /** Keys of one value each, of several parts joined by ` . `: names without quotes, numbers in decimal. */
  exact: Map<string, string>;
  /** Keys with a range or a name that ends in `*`, part by part. */
  wide: { key: string[]; value: string }[];
}

/** Names of priorities; those of bridge tables are others. */
const priorities: Record<string, number> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};
const bridgePriorities: Record<string, number> = { dstnat: -300, filter: -200, out: 100, srcnat: 300 };

/** The listing of one table, as `nft list table` prints it; empty when it is not there. */
export function cutTable(listing: string, family: string, name: string): string {
  const head = `table ${family} ${name} {\n`;
  const begin = listing.startsWith(head) ? 0 : listing.indexOf(`\n${head}`) + 1;
  if (begin === 0 && !listing.startsWith(head)) return '';
  const end = listing.indexOf('\n}\n', begin);
  return end < 0 ? '' : listing.slice(begin, end + 3);
}

/** Families in which a table of our name has things in it, and none of our maps: somebody else's. @param text as State.ruleset */
export function foreignFamilies(text: string): string[] {
  return Object.entries({ bridge: 'guests', inet: 'routed|local' }).flatMap(([family, map]) => {
    const table = cutTable(text, family, tableName);
    const isEmpty = !/^\t\S.*\{$/m.test(table);
    return isEmpty || new RegExp(`^\\s*map (?:${map}) \\{`, 'm').test(table) ? [] : family;
  });
}

/** @param listing without our own table where that is known to be as it was loaded */
export function parseListing(listing: string): NftTable[] {
  return readBlocks(listing).tables.map(({ family, name, blocks, statements }) => {
    const isDormant = statements.some(({ text }) => /^flags .*\bdormant\b/.test(text)); // Its chains are not hooked.
    const table: NftTable = {
      family,
      name: plain(name),
      chains: new Map(),
      elements: new Map(),
      flowtables: new Map(),
    };
    for (const block of isDormant ? [] : blocks) addBlock(table, block);
    return table;
  });
}

export function isOurs({ name }: Pick<NftTable, 'name'>): boolean {
  return name === tableName;
}

function addBlock(table: NftTable, block: Block): void {
  const { kind, statements } = block;
  const name = plain(block.name);
  const text = statements.map((statement) => statement.text).join(' ');
  if (kind === 'chain') table.chains.set(name, parseChain(table.family, name, statements));
  else if (kind === 'flowtable') table.flowtables.set(name, namesIn(text.split('devices =')[1] ?? ''));
  else {
    const at = text.indexOf('elements = {');
    table.elements.set(name, parseElements(at < 0 ? '' : text.slice(at + 'elements = '.length)));
  }
}

function parseChain(family: string, name: string, statements: Statement[]): NftChain {
  const chain: NftChain = { name, rules: [] };
  for (const { text } of statements) {
    const head = text.match(/^type \S+ hook (\S+) (?:devices? (?:= )?(.*?) )?priority ([^;]+);/);
    const [, hook, devices = '', priority = ''] = head ?? [];
    if (hook) {
      const drops = /; policy drop;/.test(text) ? ({ drops: true } as const) : {};
      chain.hook = { hook, priority: priorityOf(family, priority), devices: namesIn(devices), ...drops };
    } else chain.rules.push(wordsOf(text));
  }
  return chain;
}

function priorityOf(family: string, written: string): number {
  const [, name = '', sign = '+', offset = '0'] = written.trim().match(/^([a-z]+)(?: ([+-]) (\d+))?$/) ?? [];
  if (name === '') return Number(written);
  const base = (family === 'bridge' ? bridgePriorities : priorities)[name] ?? 0;
  return sign === '-' ? base - Number(offset) : base + Number(offset);
}

/** Words, strings with their quotes, and braces with all that is in them as one word. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let depth = 0;
  for (const [word] of text.matchAll(/"[^"]*"|[{},]|[^\s{},"]+/g)) {
    if (word === '}') depth -= 1;
    if (depth > 0 || word === '}') words[words.length - 1] += ` ${word}`;
    else if (word !== ',') words.push(word);
    if (word === '{') depth += 1;
  }
  return words;
}

/** `"vnet0" . "eth0" : goto x, ...`, with or without braces around it. A set's elements lead to nothing. */
export function parseElements(text: string): NftElements {
  const list: string[][] = [[]];
  for (const [word] of text.matchAll(/"[^"]*"|[{},]|[^\s{},"]+/g)) {
    if (word === ',') list.push([]);
    else if (word !== '{' && word !== '}') list.at(-1)?.push(word);
  }
  const elements: NftElements = { exact: new Map(), wide: [] };
  for (const words of list.filter(({ length }) => length > 0)) {
    const colon = words.indexOf(':');
    const value = colon < 0 ? '' : words.slice(colon + 1).join(' ');
    const key = withoutState(colon < 0 ? words : words.slice(0, colon))
      .filter((word) => word !== '.')
      .map(plain);
    if (key.some((part) => /\*$|^\d\S*[-/]\d/.test(part))) elements.wide.push({ key, value });
    else elements.exact.set(key.join(' . '), value);
  }
  return elements;
}

/** Without quotes; `0x00000010` as `16`, and a range of two such. */
export function plain(word: string): string {
  if (word.startsWith('"')) return word.slice(1, -1);
  return word.replace(/\b0x[0-9a-f]+/g, (number) => String(Number(number)));
}

/** What nft says of an element beside its key: its age, its counter, its comment. */
function withoutState(words: string[]): string[] {
  const end = words.findIndex((word) => /^(?:counter|timeout|expires|comment|limit|quota|last)$/.test(word));
  return end < 0 ? words : words.slice(0, end);
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/[\w.@+:-]+/g)].map(([name]) => name);
}
