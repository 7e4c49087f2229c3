// Evaluates one rule of others for a guest's frame: whether it matches, as far as the frame is known, and its effect on mark and
// priority. An expression that is not understood counts as `maybe`.
import { type NftTable, plainWord } from '../../kernel/nft/listing.ts';
import { elementsOf, lookup } from './elements.ts';
import { type Frame, type Match, valueIn } from './frame.ts';
import { compareKey, readKey, readValue } from './terms.ts';

/** The effects of a rule on a frame that it matches, in order. */
export type Deed =
  | { kind: 'mark'; value: number | undefined; match: Match }
  | { kind: 'priority'; value: string | undefined; match: Match }
  | { kind: 'verdict'; verdict: string; match: Match }
  /** Sends the frame elsewhere. */
  | { kind: 'forward'; to: string; match: Match }
  /** Later packets of its flow pass no chain, if their input device is in that flowtable. */
  | { kind: 'flow'; to: string; match: Match };

/** Statements that change neither the frame nor its way. */
const neutral = new Set(['counter', 'notrack', 'continue', 'masquerade', 'random', 'persistent']);
const verdicts = new Set(['accept', 'drop', 'return', 'jump', 'goto']);

/** Whether a rule may have any effect other than to accept or drop. */
export function mayChange(words: string[]): boolean {
  return words.some((word, at) => {
    if (word === 'set') return words[at - 1] === 'mark' || words[at - 1] === 'priority';
    if (word === 'xt' && words[at + 1] === 'target')
      return targetDeeds(plainWord(words[at + 2] ?? ''), 'maybe').length > 0;
    return word === 'fwd' || word === 'flow';
  });
}

/** @returns its effects, up to an expression that certainly does not match */
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
      deeds.push({ kind: 'flow', to: plainWord(words[at + 2] ?? '').replace(/^@/, ''), match });
      at += 3;
    } else if (/^(?:add|update|delete)$/.test(word) && words[at + 1]?.startsWith('@')) at += 3;
    else if (verdicts.has(word)) {
      const target = word === 'jump' || word === 'goto' ? ` ${plainWord(words[at + 1] ?? '')}` : '';
      deeds.push({ kind: 'verdict', verdict: `${word}${target}`, match });
      return deeds;
    } else if (word === 'reject' || word === 'queue') {
      deeds.push({ kind: 'verdict', verdict: word === 'queue' ? 'accept' : 'drop', match: 'maybe' });
      return deeds;
    } else if (word === 'fwd') {
      deeds.push({ kind: 'forward', to: plainWord(words[at + 2] ?? ''), match });
      return deeds;
    } else if (word === 'xt') {
      const [, what, name = ''] = words.slice(at);
      if (what === 'target') deeds.push(...targetDeeds(plainWord(name), match));
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

/** Expressions of iptables-nft that nft does not translate. */
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
