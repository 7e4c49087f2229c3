// Matches the known values of a frame against the elements of a set or map, or against a single value.
import { type NftElements, type NftTable, parseElements } from '../../kernel/nft/listing.ts';
import type { Value } from './frame.ts';

/** One value, a name that ends in `*`, a range of numbers, or the first bits of one (`0x76730000/16`). */
export function fits(value: Value, wanted: string): boolean {
  if (wanted.endsWith('*')) return String(value).startsWith(wanted.slice(0, -1));
  const [, from, to] = wanted.match(/^(\d+)-(\d+)$/) ?? [];
  if (from !== undefined) return Number(value) >= Number(from) && Number(value) <= Number(to);
  const [, base, bits] = wanted.match(/^(\d+)\/(\d+)$/) ?? [];
  if (base !== undefined) return (Number(value) ^ Number(base)) >>> (32 - Number(bits)) === 0;
  return String(value) === wanted;
}

export function elementsOf(word: string, table: NftTable): NftElements | undefined {
  return word.startsWith('@') ? table.elements.get(word.slice(1)) : parseElements(word);
}

/** @returns the data of a key; where part of the key is not known, all possible ones */
export function lookup(elements: NftElements | undefined, key: Value[]): { value: string; sure: boolean }[] {
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
