// Which [guest.NAME] entry a guest gets. In NAME `*` stands for any characters and `?` for one; a backslash
// before `*`, `?` or another backslash takes it literally, because libvirt lets all three be in a name:
//     [guest."web-*"]      web-1, web-2, ...           [guest.'web-\*']     the one guest called web-*
// Names are chosen by tenants, so matching must never take longer than name times pattern.

import { byPlace } from '../toml/place.ts';
import type { Config, GuestEntry } from './config.ts';

const anything = Symbol('*');
const oneCharacter = Symbol('?');
type Part = string | typeof anything | typeof oneCharacter;

/** The entry that applies: the exact name, else the longest pattern that matches, of equals the later written. */
export function matchGuest(config: Config, name: string): GuestEntry | undefined {
  return exactEntry(config, name) ?? matchingPatterns(config, name)[0];
}

/** Every entry that fits the name, the one that applies first. */
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
  /** The one that applies first. */
  patterns: { entry: GuestEntry; pattern: Part[] }[];
}

/** A thousand guests each look among a thousand entries. A configuration that has been read is not changed. */
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

/** In characters that it matches or stands for; the longer of two patterns applies. */
export function patternLength({ name }: Pick<GuestEntry, 'name'>): number {
  return parts(name).length;
}

/** What a NAME as written stands for: a pattern (kept as it is), or one guest's name without its backslashes. */
export function parseName(written: string): { name: string; pattern: boolean } {
  const pattern = parts(written).some((part) => typeof part !== 'string');
  return pattern ? { name: written, pattern } : { name: parts(written).join(''), pattern };
}

/** The NAME to write for exactly this guest; parseName reads it back. */
export function escapeName(name: string): string {
  return name.replace(/[\\*?]/g, '\\$&');
}

/** Whether a name, as somebody types it for guests or groups, means this one. */
export function matchesName(written: string, name: string): boolean {
  return written === name || matches(parts(written), [...name]);
}

/** A pattern, character by character. */
function parts(pattern: string): Part[] {
  return (pattern.match(/\\[\\*?]|./gsu) ?? []).map((part) =>
    part === '*' ? anything : part === '?' ? oneCharacter : part.replace(/^\\(?=.)/su, ''),
  );
}

/** When something after a `*` does not fit, only the last `*` may take one character more: no exponential search. */
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
