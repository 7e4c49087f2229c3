// ruleset.nft as nft(8) reads it, so far as virt-shaper uses the language: a bridge and an inet table with base chains,
// chains that mark, and maps. It shares no line with src.
import { Words } from './words.ts';

export interface Marking {
  mark: number;
  /** `major:minor` in hexadecimal; absent for a frame whose priority nobody set. */
  priority?: string;
  /** Rules the frame was held against. */
  rules: number;
  /** Limits that it counts against: what is over one is dropped. Absent: none. */
  limits?: Limit[];
}

/** Bytes or packets per second, and at once. */
export interface Limit {
  over: number;
  unit: 'bytes' | 'packets';
  burst: number;
}

/** What a hook can know of a frame. */
export interface Passing {
  iif?: string;
  oif?: string;
  mark?: number;
  priority?: string;
  /** The Ethernet address that it is sent to. */
  daddr?: string;
  /** Whether the port has been learned to have that address. */
  learned?: boolean;
  /** What it asks for: an address, by ARP or neighbour discovery; absent: nothing of the kind. */
  asks?: 'arp' | 'nd';
  /** Absent: to one station, which is not the host where it is forwarded. */
  pkttype?: 'broadcast' | 'multicast' | 'other' | 'host';
}

type Match =
  | { kind: 'pkttype'; among: string[] }
  | { kind: 'oifname'; set: string }
  | { kind: 'address'; set: string }
  | { kind: 'daddr'; not: boolean; addresses: string[] }
  | { kind: 'arp' }
  | { kind: 'learned' }
  | { kind: 'nd' };

interface Rule {
  matches: Match[];
  limit?: Limit;
  mark?: number;
  priority?: string;
  comment?: string;
  /** Learns other addresses that a guest sends from than these. */
  learns?: string[];
  /** Looked up by these properties: as a verdict, a mark or a priority. */
  lookup?: { keys: Key[]; map: string; gives: 'verdict' | 'mark' | 'classid' };
  verdict?: 'accept' | 'drop' | { goto: string };
}

type Key = 'iifname' | 'oifname' | 'mark';

interface Chain {
  hook?: string;
  priority?: number;
  rules: Rule[];
}

interface Elements {
  keys: string[];
  gives: string;
  elements: Map<string, string>;
}

interface Table {
  chains: Map<string, Chain>;
  maps: Map<string, Elements>;
  sets: Map<string, { keys: string[]; elements: Set<string> }>;
}

const hooks: Record<string, string[]> = {
  bridge: ['forward', 'input', 'output', 'prerouting'],
  inet: ['forward', 'postrouting', 'input'],
};

export class Ruleset {
  /** `bridge NAME` -> what it holds. */
  readonly tables = new Map<string, Table>();

  constructor(text: string) {
    const words = new Words(lex(text));
    while (!words.done) {
      if (words.skip('\n')) continue;
      if (words.skip('delete', 'table')) this.remove(`${family(words)} ${words.take()}`);
      else if (words.skip('table')) this.add(family(words), words);
      else throw words.unknown();
    }
  }

  /** What a frame that a bridge forwards from one port to another carries afterwards. */
  forward(iif: string, oif: string, frame: Passing = {}): Marking {
    return this.pass('bridge', 'forward', { ...frame, iif, oif });
  }

  /** What a frame carries after a hook. */
  pass(of: 'bridge' | 'inet', hook: string, frame: Passing): Marking {
    const marking: Marking = { mark: frame.mark ?? 0, rules: 0 };
    if (frame.priority !== undefined) marking.priority = frame.priority;
    for (const [name, { chains, maps, sets }] of this.tables) {
      if (!name.startsWith(`${of} `)) continue;
      const base = [...chains.values()].filter((chain) => chain.hook === hook);
      const known: Passing = hook === 'forward' ? { pkttype: 'other', ...frame } : frame;
      for (const chain of base) walk(chain, chains, maps, sets, known, marking);
    }
    return marking;
  }

  private remove(name: string): void {
    if (!this.tables.delete(name)) throw new Error(`there is no table ${name} to delete`);
  }

  private add(of: string, words: Words): void {
    const name = `${of} ${words.match(/[a-z-]+/)}`;
    const table = this.tables.get(name) ?? { chains: new Map(), maps: new Map(), sets: new Map() };
    this.tables.set(name, table);
    words.expect('{');
    while (!words.skip('}')) {
      if (words.skip('\n')) continue;
      if (words.skip('chain')) addOnce(table.chains, words.match(/[a-z][a-z0-9-]*/), readChain(of, words));
      else if (words.skip('map')) addOnce(table.maps, words.match(/[a-z]+/), readMap(words));
      else if (words.skip('set')) addOnce(table.sets, words.match(/[a-z]+/), readSetOf(words));
      else throw words.unknown();
    }
    for (const { elements } of table.maps.values()) {
      for (const value of elements.values())
        if (value.startsWith('goto ')) found(table.chains, value.slice(5));
    }
    for (const { rules } of table.chains.values()) {
      for (const { matches, limit, verdict } of rules) {
        if (limit && verdict !== 'drop') throw new Error('a limit that drops nothing');
        for (const match of matches) {
          if (!('set' in match)) continue;
          const wanted = match.kind === 'oifname' ? 'ifname' : 'ifname,ether_addr';
          if (found(table.sets, match.set).keys.join() !== wanted)
            throw new Error(`${match.set}: another type`);
        }
      }
      for (const { lookup, verdict } of rules) {
        if (verdict && typeof verdict !== 'string') found(table.chains, verdict.goto);
        if (!lookup) continue;
        const map = found(table.maps, lookup.map);
        const keys = lookup.keys.map((key: Key) => (key === 'mark' ? key : 'ifname'));
        if (keys.join() !== map.keys.join() || map.gives !== lookup.gives)
          throw new Error(`the tracer does not understand a look into ${lookup.map}: another type`);
      }
    }
  }
}

function family(words: Words): string {
  return words.match(/bridge|inet/);
}

function walk(
  first: Chain,
  chains: Map<string, Chain>,
  maps: Map<string, Elements>,
  sets: Table['sets'],
  frame: Passing,
  marking: Marking,
): void {
  let chain: Chain | undefined = first;
  while (chain) {
    const rules: Rule[] = chain.rules;
    chain = undefined;
    for (const rule of rules) {
      marking.rules += 1;
      if (!rule.matches.every((match) => holds(match, frame, sets))) continue;
      if (rule.limit) {
        marking.limits = [...(marking.limits ?? []), rule.limit];
        continue;
      }
      let verdict = rule.verdict;
      if (rule.lookup) {
        const { keys, map, gives } = rule.lookup;
        const key = keys.map((one) =>
          one === 'mark'
            ? `0x${marking.mark.toString(16).padStart(8, '0')}`
            : (frame[one === 'iifname' ? 'iif' : 'oif'] ?? ''),
        );
        const value = found(maps, map).elements.get(key.join(' . '));
        if (value === undefined) continue;
        if (gives === 'mark') marking.mark = Number(value);
        else if (gives === 'classid') marking.priority = value;
        else verdict = { goto: value.slice(5) };
      }
      if (rule.mark !== undefined) marking.mark = rule.mark;
      if (rule.priority !== undefined) marking.priority = rule.priority;
      if (typeof verdict === 'string') return;
      if (!verdict) continue;
      chain = found(chains, verdict.goto);
      break;
    }
  }
}

function holds(
  match: Match,
  { daddr = '', asks, learned, oif = '', pkttype = 'host' }: Passing,
  sets: Table['sets'],
): boolean {
  if (match.kind === 'pkttype') return match.among.includes(pkttype);
  if (match.kind === 'oifname') return found(sets, match.set).elements.has(oif);
  if (match.kind === 'address') return !found(sets, match.set).elements.has(`${oif} . ${daddr}`);
  if (match.kind === 'learned') return !learned;
  if (match.kind === 'daddr') return match.addresses.includes(daddr) !== match.not;
  return asks === match.kind;
}

function lex(text: string): string[] {
  const words = text.match(/"[^"\n]*"|#[^\n]*|\n|[{};,]|[^\s{};,"#]+|\S/g) ?? [];
  return words.filter((word) => !word.startsWith('#'));
}

function readChain(of: string, words: Words): Chain {
  const chain: Chain = { rules: [] };
  words.expect('{');
  while (!words.skip('}')) {
    if (words.skip('\n')) continue;
    if (words.skip('type')) {
      words.expect('filter', 'hook');
      chain.hook = words.match(new RegExp((hooks[of] ?? []).join('|')));
      words.expect('priority');
      chain.priority = Number(words.match(/-?\d+/));
      words.expect(';', 'policy', 'accept', ';');
    } else {
      chain.rules.push(readRule(words));
    }
  }
  return chain;
}

const solicitations = [
  'nd-router-solicit',
  'nd-router-advert',
  'nd-neighbor-solicit',
  'nd-neighbor-advert',
  'nd-redirect',
];

function readRule(words: Words): Rule {
  const rule: Rule = { matches: [] };
  while (!words.skip('\n')) {
    if (words.skip('ether', 'type', 'arp')) rule.matches.push({ kind: 'arp' });
    else if (words.skip('icmpv6', 'type')) {
      if (readSet(words, /[a-z-]+/).join() !== solicitations.join()) throw words.unknown();
      rule.matches.push({ kind: 'nd' });
    } else if (words.skip('ether', 'daddr', '!=')) {
      rule.matches.push({
        kind: 'daddr',
        not: true,
        addresses: readSet(words, /(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/),
      });
    } else if (words.skip('meta', 'pkttype')) {
      rule.matches.push({ kind: 'pkttype', among: readSet(words, /broadcast|multicast|other/) });
    } else if (words.skip('oifname', '@taps')) rule.matches.push({ kind: 'oifname', set: 'taps' });
    else if (words.skip('oifname', '.', 'ether', 'daddr', '!=', '@addresses')) {
      rule.matches.push({ kind: 'address', set: 'addresses' });
    } else if (words.skip('limit', 'rate', 'over')) {
      if (rule.limit) throw words.unknown('a second limit');
      rule.limit = readLimit(words);
      words.expect('counter', 'drop');
      rule.verdict = 'drop';
    } else if (words.skip('oifname', '.', 'ether', 'daddr', '!=', '@learned')) {
      rule.matches.push({ kind: 'learned' });
    } else if (words.skip('ether', 'saddr', '!=')) {
      const addresses = readSet(words, /(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/);
      words.expect('jump', 'learn');
      rule.learns = addresses;
    } else if (words.skip('meta', 'mark', '&', '0x0000ffff', '!=', '0x00000000', 'jump', 'learn')) {
      rule.learns = [];
    } else if (words.skip('iif', '!=', '0', 'iifname', '.', 'ether', 'saddr', '!=', '@learned')) {
      words.expect(
        'update',
        '@learners',
        '{',
        'iifname',
        'limit',
        'rate',
        '10/second',
        'burst',
        '100',
        'packets',
        '}',
      );
      words.expect('update', '@learned', '{', 'iifname', '.', 'ether', 'saddr', '}');
      rule.learns = [];
    } else if (words.skip('meta', 'mark', 'set')) {
      if (!readLookup(words, rule, 'map', 'mark')) rule.mark = Number(words.match(/0x[0-9a-f]{1,8}/));
    } else if (words.skip('meta', 'priority', 'set')) {
      if (!readLookup(words, rule, 'map', 'classid'))
        rule.priority = words.match(/[0-9a-f]{1,4}:[0-9a-f]{1,4}/);
    } else if (words.skip('comment')) rule.comment = readComment(words);
    else if (words.skip('meta', 'mark', 'vmap'))
      rule.lookup = { keys: ['mark'], gives: 'verdict', map: words.match(/@[a-z]+/).slice(1) };
    else if (words.skip('accept')) rule.verdict = 'accept';
    else if (words.skip('goto')) rule.verdict = { goto: words.match(/[a-z][a-z0-9-]*/) };
    else if (!readLookup(words, rule, 'vmap', 'verdict')) throw words.unknown();
  }
  return rule;
}

/** `iifname . oifname vmap @guests` */
function readLookup(words: Words, rule: Rule, verb: string, gives: 'verdict' | 'mark' | 'classid'): boolean {
  const keys: Key[] = [];
  do {
    if (words.skip('iifname')) keys.push('iifname');
    else if (words.skip('oifname')) keys.push('oifname');
    else if (keys.length > 0 && words.skip('meta', 'mark')) keys.push('mark');
    else if (keys.length === 0) return false;
    else throw words.unknown();
  } while (words.skip('.'));
  words.expect(verb);
  rule.lookup = { keys, gives, map: words.match(/@[a-z]+/).slice(1) };
  return true;
}

/** One, or several in braces and in order: nft prints them so. */
function readSet(words: Words, form: RegExp): string[] {
  if (!words.skip('{')) return [words.match(form)];
  const all = [words.match(form)];
  while (words.skip(',')) all.push(words.match(form));
  words.expect('}');
  if (all.length < 2) throw words.unknown('braces around one');
  return all;
}

/** nft refuses the whole file for a longer one. */
function readComment(words: Words): string {
  const comment = words.match(/"[^"]*"/).slice(1, -1);
  if (Buffer.byteLength(comment) > 128) throw words.unknown('nft takes 128 bytes of comment');
  return comment;
}

function readMap(words: Words): Elements {
  const elements = new Map<string, string>();
  words.expect('{', '\n', 'type');
  const keys = [words.match(/ifname|mark/)];
  while (words.skip('.')) keys.push(words.match(/ifname|mark/));
  words.expect(':');
  const gives = words.match(/verdict|mark|classid/);
  words.expect('\n');
  if (words.skip('}')) return { keys, gives, elements };
  words.expect('elements', '=', '{', '\n');
  while (!words.skip('}')) {
    const key = keys.map((kind, index) => {
      if (index > 0) words.expect('.');
      return kind === 'mark' ? words.match(/0x[0-9a-f]{8}/) : readDevice(words);
    });
    words.expect(':');
    if (gives === 'verdict') words.expect('goto');
    const value = words.match(
      { verdict: /[a-z][a-z0-9-]*/, mark: /0x[0-9a-f]{8}/, classid: /[0-9a-f]{1,4}:[0-9a-f]{1,4}/ }[
        gives as 'mark'
      ],
    );
    addOnce(elements, key.join(' . '), gives === 'verdict' ? `goto ${value}` : value);
    words.expect(',', '\n');
  }
  words.expect('\n', '}');
  return { keys, gives, elements };
}

function readSetOf(words: Words): { keys: string[]; elements: Set<string> } {
  words.expect('{', '\n', 'type');
  const keys = [words.match(/ifname/)];
  if (words.skip('.')) keys.push(words.match(/ether_addr/));
  words.expect('\n');
  // Learned from traffic: what is in it cannot be told.
  if (words.skip('size', '65535', '\n')) {
    words.expect('flags', 'dynamic', ',', 'timeout', '\n');
    if (keys.length === 1) words.expect('limit', 'rate', '10/second', 'burst', '100', 'packets', '\n');
    words.expect('timeout', '5m', '\n', '}');
    return { keys, elements: new Set() };
  }
  const elements = new Set<string>();
  if (words.skip('}')) return { keys, elements };
  words.expect('elements', '=', '{', '\n');
  while (!words.skip('}')) {
    let key = readDevice(words);
    if (keys.length > 1) {
      words.expect('.');
      key += ` . ${words.match(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/)}`;
    }
    if (elements.has(key)) throw words.unknown('twice');
    elements.add(key);
    words.expect(',', '\n');
  }
  words.expect('\n', '}');
  return { keys, elements };
}

/** `5000/second burst 100 packets`, `1250 kbytes/second burst 128 kbytes` */
function readLimit(words: Words): Limit {
  const amount = words.match(/\d+(?:\/second)?/);
  const sizes: Record<string, number> = { bytes: 1, kbytes: 1024, mbytes: 1024 ** 2 };
  if (amount.endsWith('/second')) {
    words.expect('burst');
    const burst = Number(words.match(/\d+/));
    words.expect('packets');
    return { over: Number.parseInt(amount, 10), unit: 'packets', burst };
  }
  const unit = words.match(/[km]?bytes\/second/).replace('/second', '');
  words.expect('burst');
  const burst = Number(words.match(/\d+/)) * (sizes[words.match(/[km]?bytes/)] ?? 0);
  return { over: Number(amount) * (sizes[unit] ?? 0), unit: 'bytes', burst };
}

const readDevice = (words: Words) => words.match(/"[^"*\s/]{1,15}"/).slice(1, -1);

function addOnce<T>(to: Map<string, T>, key: string, value: T): void {
  if (to.has(key)) throw new Error(`${key} is there twice`);
  to.set(key, value);
}

function found<T>(among: Map<string, T>, name: string): T {
  const it = among.get(name);
  if (it === undefined) throw new Error(`there is no ${name}`);
  return it;
}
