// Parses rules of iptables-legacy, which nft does not list, from iptables-legacy-save into the same form as nft's tables. Of
// the matches of a rule only devices and marks are kept; with any other, the rule may match or not.
import type { NftChain, NftTable } from './nft/listing.ts';
import { canonicalHandle } from './objects.ts';

const priorities: Record<string, number> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 };

/** @param tool the name of the tool in messages, `iptables-legacy` */
export function parseXtables(saved: string, family: 'ip' | 'ip6', tool: string): NftTable[] {
  const tables: NftTable[] = [];
  for (const line of saved.split('\n')) {
    const table = tables.at(-1);
    if (line.startsWith('*')) {
      const name = line.slice(1).trim();
      tables.push({ family, name, tool, chains: new Map(), elements: new Map(), flowtables: new Map() });
    } else if (table && line.startsWith(':')) {
      const [name = '', policy = '-'] = line.slice(1).split(' ');
      table.chains.set(name, chainOf(table.name, name, policy));
    } else if (table && line.startsWith('-A ')) {
      const [, name = '', ...words] = wordsOf(line);
      table.chains.get(name)?.rules.push(ruleOf(words));
    }
  }
  return tables;
}

/** @param policy `-` for a user-defined chain */
function chainOf(table: string, name: string, policy: string): NftChain {
  if (policy === '-') return { name, rules: [] };
  const priority = table === 'nat' && /^(?:INPUT|POSTROUTING)$/.test(name) ? 100 : (priorities[table] ?? 0);
  const drops = policy === 'DROP' ? ({ drops: true } as const) : {};
  return { name, rules: [], hook: { hook: name.toLowerCase(), priority, devices: [], ...drops } };
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/"(?:[^"\\]|\\.)*"|\S+/g)].map(([word]) => word);
}

/** A match that may be true or false. */
const open = ['xt', 'match', 'other'];

/** The rule in the words of nft (observe/way/rule.ts). */
function ruleOf(words: string[]): string[] {
  const rule: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const is = words[at - 1] === '!' ? '!=' : '==';
    const value = words[at + 1] ?? '';
    if (word === '-j' || word === '-g') return [...rule, ...targetOf(word, value, words.slice(at + 2))];
    if (word === '-i' || word === '-o') {
      rule.push(word === '-i' ? 'iifname' : 'oifname', is, value.replace(/\+$/, '*'));
    } else if (word === '--mark') {
      const [mark = '', mask = '0xffffffff'] = value.split('/');
      rule.push('meta', 'mark', 'and', mask, is, mark);
    } else if (word.startsWith('-') && word !== '--comment' && !isModule(word, value)) rule.push(...open);
  }
  return rule;
}

/** Whether `-m NAME` is a module whose options are all known here. */
function isModule(word: string, name: string): boolean {
  return word === '-m' && (name === 'mark' || name === 'comment');
}

const verdicts: Record<string, string> = { ACCEPT: 'accept', DROP: 'drop', REJECT: 'drop', RETURN: 'return' };

function targetOf(how: string, name: string, options: string[]): string[] {
  const after = (option: string) => options[options.indexOf(option) + 1] ?? '';
  const verdict = verdicts[name];
  if (verdict) return [verdict];
  switch (name) {
    case 'MARK': {
      const [value = '', mask = '0xffffffff'] = after('--set-xmark').split('/');
      const kept = `0x${(~Number(mask) >>> 0).toString(16)}`;
      return ['meta', 'mark', 'set', ...(kept === '0x0' ? [value] : ['meta', 'mark', '&', kept, '^', value])];
    }
    case 'CLASSIFY':
      return ['meta', 'priority', 'set', canonicalHandle(after('--set-class'))];
    case 'CONNMARK':
      return options.includes('--restore-mark') ? ['xt', 'target', name] : [];
    case 'HMARK':
    case 'TPROXY':
      return ['xt', 'target', name];
    case 'NFQUEUE':
    case 'QUEUE':
      return ['queue'];
    default:
      // A user-defined chain, or a target that changes no mark: that is no chain, so the jump has no effect.
      return [how === '-g' ? 'goto' : 'jump', name];
  }
}
