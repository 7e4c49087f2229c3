// ruleset.nft as nft(8) reads it, so far as virt-shaper uses the language: one bridge table with a chain at the
// forward hook, chains that mark, and verdict maps. It shares no line with src.
import { Words } from './words.ts';

export interface Marking {
  mark: number;
  /** `major:minor` in hexadecimal; absent for a frame whose priority nobody set. */
  priority?: string;
  /** Rules the frame was held against. */
  rules: number;
}

type Rule =
  | { kind: 'vmap'; map: string }
  | { kind: 'set'; mark?: number; priority?: string; comment?: string };

interface Chain {
  hook?: 'forward';
  rules: Rule[];
}

export class Ruleset {
  /** Names of tables, to those chains and maps they hold. */
  readonly tables = new Map<string, { chains: Map<string, Chain>; maps: Map<string, Map<string, string>> }>();

  constructor(text: string) {
    const words = new Words(lex(text));
    while (!words.done) {
      if (words.skip('\n')) continue;
      if (words.skip('delete', 'table', 'bridge')) this.remove(words.take());
      else if (words.skip('table', 'bridge')) this.add(words);
      else throw words.unknown();
    }
  }

  /** What a frame that a bridge forwards from one port to another carries afterwards. */
  forward(iif: string, oif: string): Marking {
    const marking: Marking = { mark: 0, rules: 0 };
    for (const { chains, maps } of this.tables.values()) {
      let chain = [...chains.values()].find(({ hook }) => hook === 'forward');
      while (chain) {
        const rules: Rule[] = chain.rules;
        chain = undefined;
        for (const rule of rules) {
          marking.rules += 1;
          if (rule.kind === 'set') {
            if (rule.mark !== undefined) marking.mark = rule.mark;
            if (rule.priority !== undefined) marking.priority = rule.priority;
            continue;
          }
          const verdict = found(maps, rule.map).get(`${iif} . ${oif}`);
          if (verdict === undefined) continue;
          chain = found(chains, verdict);
          break;
        }
      }
    }
    return marking;
  }

  private remove(name: string): void {
    if (!this.tables.delete(name)) throw new Error(`there is no table ${name} to delete`);
  }

  private add(words: Words): void {
    const name = words.match(/[a-z-]+/);
    const table = this.tables.get(name) ?? { chains: new Map(), maps: new Map() };
    this.tables.set(name, table);
    words.expect('{');
    while (!words.skip('}')) {
      if (words.skip('\n')) continue;
      if (words.skip('chain')) addOnce(table.chains, words.match(/[a-z][a-z0-9-]*/), readChain(words));
      else if (words.skip('map')) addOnce(table.maps, words.match(/[a-z]+/), readMap(words));
      else throw words.unknown();
    }
    for (const map of table.maps.values()) for (const chain of map.values()) found(table.chains, chain);
    for (const { rules } of table.chains.values()) {
      for (const rule of rules) if (rule.kind === 'vmap') found(table.maps, rule.map);
    }
  }
}

function lex(text: string): string[] {
  const words = text.match(/"[^"\n]*"|#[^\n]*|\n|[{};,]|[^\s{};,"#]+|\S/g) ?? [];
  return words.filter((word) => !word.startsWith('#'));
}

function readChain(words: Words): Chain {
  const chain: Chain = { rules: [] };
  words.expect('{');
  while (!words.skip('}')) {
    if (words.skip('\n')) continue;
    if (words.skip('type')) {
      words.expect('filter', 'hook', 'forward', 'priority');
      words.match(/-?\d+/);
      words.expect(';', 'policy', 'accept', ';');
      chain.hook = 'forward';
    } else {
      chain.rules.push(readRule(words));
    }
  }
  return chain;
}

function readRule(words: Words): Rule {
  if (words.skip('iifname', '.', 'oifname', 'vmap')) {
    const map = words.match(/@[a-z]+/).slice(1);
    words.expect('\n');
    return { kind: 'vmap', map };
  }
  const rule: Rule = { kind: 'set' };
  while (!words.skip('\n')) {
    if (words.skip('meta', 'mark', 'set')) rule.mark = Number(words.match(/0x[0-9a-f]{1,8}/));
    else if (words.skip('meta', 'priority', 'set'))
      rule.priority = words.match(/[0-9a-f]{1,4}:[0-9a-f]{1,4}/);
    else if (words.skip('comment')) rule.comment = readComment(words);
    else throw words.unknown();
  }
  return rule;
}

/** nft refuses the whole file for a longer one. */
function readComment(words: Words): string {
  const comment = words.match(/"[^"]*"/).slice(1, -1);
  if (Buffer.byteLength(comment) > 128) throw words.unknown('nft takes 128 bytes of comment');
  return comment;
}

function readMap(words: Words): Map<string, string> {
  const map = new Map<string, string>();
  words.expect('{', '\n', 'type', 'ifname', '.', 'ifname', ':', 'verdict', '\n', 'elements', '=', '{', '\n');
  while (!words.skip('}')) {
    const iif = readDevice(words);
    words.expect('.');
    const oif = readDevice(words);
    words.expect(':', 'goto');
    addOnce(map, `${iif} . ${oif}`, words.match(/[a-z][a-z0-9-]*/));
    words.expect(',', '\n');
  }
  words.expect('\n', '}');
  return map;
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
