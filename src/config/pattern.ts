// Which [guest.NAME] entry a guest gets. In NAME `*` stands for any characters and `?` for one; a backslash
// before `*`, `?` or another backslash takes it literally, because libvirt lets all three be in a name:
//     [guest."web-*"]      web-1, web-2, ...           [guest.'web-\*']     the one guest called web-*
// Tenants choose names, so matching takes at most time proportional to name times pattern.

import { byPlace } from '../toml/place.ts';
import type { Config, GuestEntry } from './config.ts';

const anything = Symbol('*');
const oneCharacter = Symbol('?');
type Part = string | typeof anything | typeof oneCharacter;

/** The entry that applies: the exact name, else the longest matching pattern, the later one of two equally long. */
export function matchGuest(config: Config, name: string): GuestEntry | undefined {
  return exactEntry(config, name) ?? matchingPatterns(config, name)[0];
}

/** All matching entries; the first one applies. */
export function matchingEntries(config: Config, name: string): GuestEntry[] {
  return [exactEntry(config, name) ?? [], matchingPatterns(config, name)].flat();
}

function exactEntry(config: Config, name: string): GuestEntry | undefined {
  return indexOf(config).exact.get(name);
}

function matchingPatterns(config: Config, name: string): GuestEntry[] {
  const characters = [...name];
  return indexOf(config)
    .patterns.filter(({ pattern }) => matches(pattern, characters))
    .map(({ entry }) => entry);
}

interface Index {
  exact: Map<string, GuestEntry>;
  /** In order of precedence. */
  patterns: { entry: GuestEntry; pattern: Part[] }[];
}

/** Cached, since a thousand guests each look among a thousand entries. A decoded configuration is never changed. */
const indexes = new WeakMap<Config, Index>();

function indexOf(config: Config): Index {
  const known = indexes.get(config);
  if (known) return known;
  const exact = new Map<string, GuestEntry>();
  const patterns: Index['patterns'] = [];
  for (const entry of config.guests) {
    if (entry.pattern) patterns.push({ entry, pattern: parts(entry.name) });
    else if (!exact.has(entry.name)) exact.set(entry.name, entry);
  }
  patterns.sort((a, b) => b.pattern.length - a.pattern.length || byPlace(b.entry.at, a.entry.at));
  const index = { exact, patterns };
  indexes.set(config, index);
  return index;
}

/** The pattern's length without escapes; the longer of two patterns applies. */
export function patternLength({ name }: Pick<GuestEntry, 'name'>): number {
  return parts(name).length;
}

/** Parses a NAME as written: a pattern, unchanged, or one guest's name without its backslashes. */
export function parseName(written: string): { name: string; pattern: boolean } {
  const pattern = parts(written).some((part) => typeof part !== 'string');
  return pattern ? { name: written, pattern } : { name: parts(written).join(''), pattern };
}

/** The NAME to write for exactly this guest, the inverse of parseName. */
export function escapeName(name: string): string {
  return name.replace(/[\\*?]/g, '\\$&');
}

/** Whether a NAME, possibly a pattern, means this guest or group. */
export function matchesName(written: string, name: string): boolean {
  return written === name || matches(parts(written), [...name]);
}

/** A pattern, character by character. */
function parts(pattern: string): Part[] {
  return (pattern.match(/\\[\\*?]|./gsu) ?? []).map((part) =>
    part === '*' ? anything : part === '?' ? oneCharacter : part.replace(/^\\(?=.)/su, ''),
  );
}

/** On a mismatch after a `*`, only the last `*` takes one more character: no exponential backtracking. */
function matches(pattern: Part[], name: string[]): boolean {
  let next = 0;
  let star = -1;
  let starTakesTo = 0;
  for (let position = 0; position < name.length; ) {
    const part = pattern[next];
    if (part === anything) {
      star = next++;
      starTakesTo = position;
    } else if (part === oneCharacter || part === name[position]) {
      next++;
      position++;
    } else if (star >= 0) {
      next = star + 1;
      position = ++starTakesTo;
    } else {
      return false;
    }
  }
  return pattern.slice(next).every((part) => part === anything);
}
