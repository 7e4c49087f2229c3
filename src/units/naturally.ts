// Natural sort order of names: web-2 before web-10, the same on every host. It is that of Unicode collation, for which V8
// loads the tables of all languages; names of plain ASCII, which most guests have, are compared without them.
import { byName } from './units.ts';

export function naturally(a: { name: string }, b: { name: string }): number {
  const [first, second] = [keyOf(a.name), keyOf(b.name)];
  if (first === undefined || second === undefined) return collate(a.name, b.name) || byName(a, b);
  return first < second ? -1 : first > second ? 1 : byName(a, b);
}

const plain = /^[a-z0-9._-]{1,48}$/;
/** Name -> a sort key whose order by code point is the name's order by Unicode; undefined where that takes the tables. */
const keys = new Map<string, string | undefined>();

function keyOf(name: string): string | undefined {
  if (!keys.has(name)) keys.set(name, plain.test(name) ? makeKey(name) : undefined);
  return keys.get(name);
}

/**
 * Puts the number of digits before each number, so that a longer number sorts after a shorter one. The character for it
 * sorts after a full stop and before every letter.
 */
function makeKey(name: string): string {
  // Unicode sorts an underscore before a hyphen.
  return name.replaceAll('_', '!').replace(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '');
    return `${String.fromCharCode('0'.charCodeAt(0) + number.length)}${number}`;
  });
}

let collator: Intl.Collator | undefined;

function collate(a: string, b: string): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(a, b);
}
