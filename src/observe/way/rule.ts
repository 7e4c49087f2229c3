// One rule of somebody's against one frame of a guest's: whether it matches, as far as the frame is known, and what it
// does to the mark and the priority. What is not understood may match or not.
import { type NftElements, type NftTable, parseElements, plain } from '../../kernel/nft/listing.ts';

/** What is known of a frame at a hook; a value that is not known is absent. */
export interface Frame {
  /** Empty where the hook does not know by which port it came. */
  iifname: string;
  oifname: string;
  bridge: string;
  mark?: number | undefined;
  /** `1:10`, `none`. */
  priority?: string | undefined;
}

/** `maybe`: what it depends on is not known of the frame. */
export type Match = 'yes' | 'no' | 'maybe';

/** What a rule does to a frame that it matches, in its order. */
export type Deed =
  | { kind: 'mark'; value: number | undefined; match: Match }
  | { kind: 'priority'; value: string | undefined; match: Match }
  | { kind: 'verdict'; verdict: string; match: Match }
  /** Sends it elsewhere. */
  | { kind: 'forward'; to: string; match: Match }
  /** Those of its flow that follow pass no chain, where they come in by a device of that flowtable. */
  | { kind: 'flow'; to: string; match: Match };

type Value = string | number | undefined;

/** What changes neither the frame nor the way it takes. */
const neutral = new Set(['counter', 'notrack', 'continue', 'masquerade', 'random', 'persistent']);
const verdicts = new Set(['accept', 'drop', 'return', 'jump', 'goto']);
const operators = new Map([
  ['&', '&'],
  ['and', '&'],
  ['|', '|'],
  ['or', '|'],
  ['^', '^'],
  ['xor', '^'],
]);
const comparisons = new Set(['==', '!=', '<', '>', '<=', '>=']);
/** Words before which a key has a second one: `ip saddr`. */
const layers =
  /^(?:meta|ct|ether|vlan|ip|ip6|arp|icmp|icmpv6|igmp|tcp|udp|udplite|sctp|dccp|th|ah|esp|comp|rt|socket|osf|fib|ipsec|exthdr|dst|hbh|frag|mh|gre|vxlan|geneve)$/;

/** Whether a rule may do anything to a frame but let it pass or not. */
export function mayChange(words: string[]): boolean {
  return words.some((word, at) => {
    if (word === 'set') return words[at - 1] === 'mark' || words[at - 1] === 'priority';
    return word === 'fwd' || word === 'flow' || (word === 'xt' && words[at + 1] === 'target');
  });
}

/** @returns what it does, up to where it certainly does not match */
export function applyRule(words: string[], table: NftTable, frame: Frame): Deed[] {
  const deeds: Deed[] = [];
  const known = { ...frame };
  let match: Match = 'yes';
  let at = 0;
  const next = () => words[at];
  while (at < words.length) {
    const word = words[at] ?? '';
    if (neutral.has(word)) at += word === 'counter' && words[at + 1] === 'packets' ? 5 : 1;
    else if (word === 'comment') at += 2;
    else if (word === 'log') at = afterLog(words, at);
    else if (word === 'dup') at += 3;
    else if (word === 'flow') {
      deeds.push({ kind: 'flow', to: plain(words[at + 2] ?? '').replace(/^@/, ''), match });
      at += 3;
    } else if (/^(?:add|update|delete)$/.test(word) && words[at + 1]?.startsWith('@')) at += 3;
    else if (verdicts.has(word)) {
      const target = word === 'jump' || word === 'goto' ? ` ${plain(words[at + 1] ?? '')}` : '';
      deeds.push({ kind: 'verdict', verdict: `${word}${target}`, match });
      return deeds;
    } else if (word === 'reject' || word === 'queue') {
      deeds.push({ kind: 'verdict', verdict: word === 'queue' ? 'accept' : 'drop', match: 'maybe' });
      return deeds;
    } else if (word === 'fwd') {
      deeds.push({ kind: 'forward', to: plain(words[at + 2] ?? ''), match });
      return deeds;
    } else if (word === 'xt') {
      const [, what, name = ''] = words.slice(at);
      if (what === 'target') deeds.push(...targetDeeds(plain(name), match));
      else match = 'maybe';
      at += 3;
    } else {
      const key = readKey(words, at);
      at = key.end;
      if (next() === 'set') {
        const value = readValue(words, at + 1, table, known);
        at = value.end;
        if (value.match === 'no') return deeds;
        const how: Match = value.match === 'maybe' ? 'maybe' : match;
        if (key.name === 'meta mark') {
          const mark = typeof value.value === 'number' ? value.value : undefined;
          deeds.push({ kind: 'mark', value: mark, match: how });
          known.mark = how === 'yes' ? mark : undefined;
        } else if (key.name === 'meta priority') {
          const priority = value.value === undefined ? undefined : String(value.value);
          deeds.push({ kind: 'priority', value: priority, match: how });
          known.priority = how === 'yes' ? priority : undefined;
        }
        continue;
      }
      if (next() === 'vmap') {
        const found = lookup(elementsOf(words[at + 1] ?? '', table), key.parts.map(valueIn(known)));
        for (const { value, sure } of found) {
          deeds.push({ kind: 'verdict', verdict: value, match: sure ? match : 'maybe' });
        }
        return deeds;
      }
      const compared = compareKey(words, at, key, table, known);
      at = compared.end;
      if (compared.match === 'no') return deeds;
      if (compared.match === 'maybe') match = 'maybe';
    }
  }
  return deeds;
}

/** Those of iptables-nft that nft does not translate. */
function targetDeeds(name: string, match: Match): Deed[] {
  if (/^(?:CONN)?(?:SEC)?MARK$|^HMARK$|^TPROXY$|^mark$/.test(name))
    return [{ kind: 'mark', value: undefined, match }];
  return name === 'CLASSIFY' ? [{ kind: 'priority', value: undefined, match }] : [];
}

function afterLog(words: string[], at: number): number {
  let end = at + 1;
  while (/^(?:prefix|level|flags|group|snaplen|queue-threshold)$/.test(words[end] ?? '')) end += 2;
  return end;
}

interface Key {
  parts: string[];
  /** Of a key of one part. */
  name: string;
  end: number;
}

function readKey(words: string[], begin: number): Key {
  const parts: string[] = [];
  let at = begin;
  do {
    if (at > begin) at += 1; // The dot.
    const word = words[at] ?? '';
    const length = layers.test(word) ? 2 : 1;
    parts.push(words.slice(at, at + length).join(' '));
    at += length;
  } while (words[at] === '.');
  return { parts, name: parts.length === 1 ? (parts[0] ?? '') : '', end: at };
}

function valueIn(frame: Frame): (key: string) => Value {
  return (key) => {
    switch (key) {
      case 'iifname':
      case 'iif':
        return frame.iifname;
      case 'oifname':
      case 'oif':
        return frame.oifname;
      case 'meta ibrname':
        return frame.iifname === '' ? '' : frame.bridge;
      case 'meta obrname':
        return frame.bridge;
      case 'meta mark':
      case 'mark':
        return frame.mark;
      case 'meta priority':
        return frame.priority;
      default:
        return undefined;
    }
  };
}

interface Read {
  value: Value;
  match: Match;
  end: number;
}

/** What stands after `set`. */
function readValue(words: string[], begin: number, table: NftTable, frame: Frame): Read {
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
    const text = found.length === 1 && only.sure ? plain(only.value) : undefined;
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
function compareKey(
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
  // A word that is no key of ours stands for itself; what follows it is looked at anew.
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
  return { match: isAs(value, comparison, plain(word)) ? 'yes' : 'no', end };
}

const knownKeys = new Set([
  'iifname',
  'oifname',
  'iif',
  'oif',
  'meta mark',
  'mark',
  'meta priority',
  'meta ibrname',
  'meta obrname',
]);

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

/** One value, a name that ends in `*`, a range of numbers, or the first bits of one (`0x76730000/16`). */
function fits(value: Value, wanted: string): boolean {
  if (wanted.endsWith('*')) return String(value).startsWith(wanted.slice(0, -1));
  const [, from, to] = wanted.match(/^(\d+)-(\d+)$/) ?? [];
  if (from !== undefined) return Number(value) >= Number(from) && Number(value) <= Number(to);
  const [, base, bits] = wanted.match(/^(\d+)\/(\d+)$/) ?? [];
  if (base !== undefined) return (Number(value) ^ Number(base)) >>> (32 - Number(bits)) === 0;
  return String(value) === wanted;
}

function elementsOf(word: string, table: NftTable): NftElements | undefined {
  return word.startsWith('@') ? table.elements.get(word.slice(1)) : parseElements(word);
}

/** @returns what a key leads to; where part of it is not known, all that it may lead to */
function lookup(elements: NftElements | undefined, key: Value[]): { value: string; sure: boolean }[] {
  if (!elements) return [{ value: '', sure: false }];
  if (key.every((part) => part !== undefined)) {
    const exact = elements.exact.get(key.join(' . '));
    if (exact !== undefined) return [{ value: exact, sure: true }];
    const wide = elements.wide.find(({ key: parts }) => key.every((part, at) => fits(part, parts[at] ?? '')));
    return wide ? [{ value: wide.value, sure: true }] : [];
  }
  const all = [
    ...[...elements.exact].map(([text, value]) => ({ key: text.split(' . '), value })),
    ...elements.wide,
  ];
  const may = all.filter(({ key: parts }) =>
    key.every((part, at) => part === undefined || fits(part, parts[at] ?? '')),
  );
  return [...new Set(may.map(({ value }) => value))].map((value) => ({ value, sure: false }));
}
