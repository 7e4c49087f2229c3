// The order in which people look for names: web-2 before web-10, on every host alike. It is that of Unicode, for which V8
// reads the tables of all languages first; of the names that most guests have it is told without them.
import { byName } from './units.ts';

export function naturally(a: { name: string }, b: { name: string }): number {
  const [first, second] = [keyOf(a.name), keyOf(b.name)];
  if (first === undefined || second === undefined) return collate(a.name, b.name) || byName(a, b);
  return first < second ? -1 : first > second ? 1 : byName(a, b);
}

const plain = /^[a-z0-9._-]{1,48}$/;
/** Of a name -> what sorts by code point as the name does by Unicode; nothing where that takes the tables. */
const keys = new Map<string, string | undefined>();

function keyOf(name: string): string | undefined {
  if (!keys.has(name)) keys.set(name, plain.test(name) ? makeKey(name) : undefined);
  return keys.get(name);
}

/** Before a number stands how many digits it has: behind those of a full stop, and before every letter. */
function makeKey(name: string): string {
  // An underscore comes before a hyphen.
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
