// Parses the output of `nft list ruleset`: tables with their chains, sets and maps, and rules as lists of words. It includes
// everybody's rules, also those of iptables-nft. The words are interpreted in observe/way/rule.ts.

import { tableName } from '../../plan/names.ts';
import { type Block, readBlocks, type Statement } from './blocks.ts';

export interface NftTable {
  family: string;
  name: string;
  chains: Map<string, NftChain>;
  /** Name of a set or map -> its elements. An element of a set has an empty value. */
  elements: Map<string, NftElements>;
  /** Flowtable -> its devices. */
  flowtables: Map<string, string[]>;
  /** Whether it was made after ours: of two chains with the same priority, packets pass that of the later table first. */
  later?: true;
  /** The tool that lists the table, where it is not nft. */
  tool?: string;
}

export interface NftChain {
  name: string;
  /** Absent for a chain that is no base chain. */
  hook?: NftHook;
  /** Each rule as words; braces with all between them are one word. */
  rules: string[][];
}

export interface NftHook {
  hook: string;
  priority: number;
  /** Only in the netdev family. */
  devices: string[];
  /** Whether its policy is drop. */
  drops?: true;
}

export interface NftElements {
  /** Keys without ranges, their parts joined by ` . `: names without quotes, numbers in decimal. */
  exact: Map<string, string>;
  /** Keys with a range or a name that ends in `*`, part by part. */
  wide: { key: string[]; value: string }[];
}

/** nft's names of priorities. Bridge tables have other values for them. */
const priorities: Record<string, number> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};
const bridgePriorities: Record<string, number> = { dstnat: -300, filter: -200, out: 100, srcnat: 300 };

/** Cuts one table out of a listing, as `nft list table` would print it; empty when there is none. */
export function cutTable(listing: string, family: string, name: string): string {
  const head = `table ${family} ${name} {\n`;
  const begin = listing.startsWith(head) ? 0 : listing.indexOf(`\n${head}`) + 1;
  if (begin === 0 && !listing.startsWith(head)) return '';
  const end = listing.indexOf('\n}\n', begin);
  return end < 0 ? '' : listing.slice(begin, end + 3);
}

/**
 * The families in which somebody else has made a table of our name: it is not empty and has none of our maps.
 * @param text as State.ruleset
 */
export function foreignFamilies(text: string): string[] {
  return Object.entries({ bridge: 'guests', inet: 'routed|local' }).flatMap(([family, map]) => {
    const table = cutTable(text, family, tableName);
    const isEmpty = !/^\t\S.*\{$/m.test(table);
    return isEmpty || new RegExp(`^\\s*map (?:${map}) \\{`, 'm').test(table) ? [] : family;
  });
}

/** @param listing may lack our own table, where that is known to be unchanged since it was loaded */
export function parseListing(listing: string): NftTable[] {
  return readBlocks(listing).tables.map(({ family, name, blocks, statements }) => {
    const isDormant = statements.some(({ text }) => /^flags .*\bdormant\b/.test(text)); // The chains of a dormant table are not hooked.
    const table: NftTable = {
      family,
      name: plainWord(name),
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
  const name = plainWord(block.name);
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

/** Splits a rule into words; a string with its quotes is one word, and so are braces with all between them. */
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

/** `"vnet0" . "eth0" : goto x, ...`, with or without braces around it. Elements of a set have no value. */
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
      .map(plainWord);
    if (key.some((part) => /\*$|^\d\S*[-/]\d/.test(part))) elements.wide.push({ key, value });
    else elements.exact.set(key.join(' . '), value);
  }
  return elements;
}

/** A word without quotes, with numbers in decimal: `0x00000010` is `16`; the same for both ends of a range. */
export function plainWord(word: string): string {
  if (word.startsWith('"')) return word.slice(1, -1);
  return word.replace(/\b0x[0-9a-f]+/g, (number) => String(Number(number)));
}

/** Removes what nft lists after an element's key: its timeout, counter and comment. */
function withoutState(words: string[]): string[] {
  const end = words.findIndex((word) => /^(?:counter|timeout|expires|comment|limit|quota|last)$/.test(word));
  return end < 0 ? words : words.slice(0, end);
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/[\w.@+:-]+/g)].map(([name]) => name);
}
