// Parses the terms of a rule from its words: keys, comparisons, and values that it sets.
import { type NftTable, plainWord } from '../../kernel/nft/listing.ts';
import { elementsOf, fits, lookup } from './elements.ts';
import { type Frame, knownKeys, type Match, type Value, valueIn } from './frame.ts';

const operators = new Map([
  ['&', '&'],
  ['and', '&'],
  ['|', '|'],
  ['or', '|'],
  ['^', '^'],
  ['xor', '^'],
]);
const comparisons = new Set(['==', '!=', '<', '>', '<=', '>=']);
/** The first words of keys with two words: `ip saddr`. */
const layers =
  /^(?:meta|ct|ether|vlan|ip|ip6|arp|icmp|icmpv6|igmp|tcp|udp|udplite|sctp|dccp|th|ah|esp|comp|rt|socket|osf|fib|ipsec|exthdr|dst|hbh|frag|mh|gre|vxlan|geneve)$/;

interface Key {
  parts: string[];
  /** For a key with one part. */
  name: string;
  end: number;
}

export function readKey(words: string[], begin: number): Key {
  const parts: string[] = [];
  let at = begin;
  do {
    if (at > begin) at += 1; // Skips the dot of a concatenation.
    const word = words[at] ?? '';
    const length = layers.test(word) ? 2 : 1;
    parts.push(words.slice(at, at + length).join(' '));
    at += length;
  } while (words[at] === '.');
  return { parts, name: parts.length === 1 ? (parts[0] ?? '') : '', end: at };
}

interface Read {
  value: Value;
  match: Match;
  end: number;
}

/** The value after `set`. */
export function readValue(words: string[], begin: number, table: NftTable, frame: Frame): Read {
  const first = words[begin] ?? '';
  if (/^(?:0x[0-9a-f]+|\d+)$/.test(first) && !operators.has(words[begin + 1] ?? '')) {
    return { value: Number(first), match: 'yes', end: begin + 1 };
  }
  if (/^(?:none|[0-9a-f]+:[0-9a-f]*|:[0-9a-f]+|root)$/.test(first)) {
    return { value: first, match: 'yes', end: begin + 1 };
  }
  const key = readKey(words, begin);
  let value = /^\d|^0x/.test(key.name) ? Number(key.name) : valueIn(frame)(key.name);
  let at = key.end;
  if (words[at] === 'map') {
    const found = lookup(elementsOf(words[at + 1] ?? '', table), key.parts.map(valueIn(frame)));
    const [only] = found;
    if (!only) return { value: undefined, match: 'no', end: at + 2 };
    const text = found.length === 1 && only.sure ? plainWord(only.value) : undefined;
    value = text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
    return { value, match: only.sure ? 'yes' : 'maybe', end: at + 2 };
  }
  for (let sign = operators.get(words[at] ?? ''); sign; sign = operators.get(words[at] ?? '')) {
    value = combine(value, sign, Number(words[at + 1]));
    at += 2;
  }
  return { value, match: 'yes', end: at };
}

function combine(value: Value, sign: string, other: number): number | undefined {
  if (typeof value !== 'number' || Number.isNaN(other)) return undefined;
  return (sign === '&' ? value & other : sign === '|' ? value | other : value ^ other) >>> 0;
}

/** `iifname "vnet*"`, `meta mark & 0xff == 0x1`, `oifname != @uplinks`. */
export function compareKey(
  words: string[],
  begin: number,
  { parts, name }: Key,
  table: NftTable,
  frame: Frame,
): { match: Match; end: number } {
  let at = begin;
  let values = parts.map(valueIn(frame));
  for (let sign = operators.get(words[at] ?? ''); sign; sign = operators.get(words[at] ?? '')) {
    values = [combine(values[0], sign, Number(words[at + 1]))];
    at += 2;
  }
  const comparison = comparisons.has(words[at] ?? '') ? (words[at++] ?? '') : '==';
  const isKnown = parts.every((part) => knownKeys.has(part));
  // An unknown word is a term by itself; parsing continues after it.
  if (!isKnown && layers.test(name.split(' ')[0] ?? '')) return { match: 'maybe', end: at + 1 };
  if (!isKnown) return { match: 'maybe', end: Math.max(begin, at) };
  const word = words[at] ?? '';
  const end = at + 1;
  if (values.some((value) => value === undefined)) return { match: 'maybe', end };
  if (word.startsWith('{') || word.startsWith('@')) {
    const found = lookup(elementsOf(word, table), values).length > 0;
    return { match: found === (comparison === '==') ? 'yes' : 'no', end };
  }
  const [value] = values;
  return { match: isAs(value, comparison, plainWord(word)) ? 'yes' : 'no', end };
}

function isAs(value: Value, comparison: string, wanted: string): boolean {
  switch (comparison) {
    case '==':
      return fits(value, wanted);
    case '!=':
      return !fits(value, wanted);
    case '<':
      return Number(value) < Number(wanted);
    case '>':
      return Number(value) > Number(wanted);
    case '<=':
      return Number(value) <= Number(wanted);
    default:
      return Number(value) >= Number(wanted);
  }
}
