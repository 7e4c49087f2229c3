// Which [guest.NAME] entry a guest gets. In NAME `*` stands for any characters and `?` for one; a backslash
// before `*`, `?` or another backslash takes it literally, because libvirt lets all three be in a name:
//     [guest."web-*"]      web-1, web-2, ...           [guest.'web-\*']     the one guest called web-*
// Names are chosen by tenants, so matching must never take longer than name times pattern.
import type { Config, GuestEntry } from './config.ts';
import { byPlace } from './place.ts';

const anything = Symbol('*');
const oneCharacter = Symbol('?');
type Part = string | typeof anything | typeof oneCharacter;

/** The entry that applies: the exact name, else the longest pattern that matches, of equals the later written. */
export function matchGuest(config: Config, name: string): GuestEntry | undefined {
  return (
    config.guests.find((entry) => !entry.pattern && entry.name === name) ??
    config.guests
      .filter((entry) => entry.pattern && matches(parts(entry.name), [...name]))
      .sort((a, b) => parts(b.name).length - parts(a.name).length || byPlace(b.at, a.at))[0]
  );
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
