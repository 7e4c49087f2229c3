// Parses one shell word with quote removal (POSIX.1-2017, XCU 2.2 and 2.6.7). Expansions ($NAME, ${...}, $(...), backticks) are
// skipped and recorded, never evaluated: the old hook sourced its configuration as root, and an importer that did the same would
// run any code in it.

export interface Word {
  kind: 'word';
  offset: number;
  /** As written. */
  text: string;
  /** After quote removal. */
  value: string;
  /** For each UTF-16 unit of `value` its offset in the text. */
  offsets: number[];
  /** The first expansion in it. */
  expansion?: { offset: number; text: string };
  /** The offset of a quote or bracket that is never closed. */
  unclosed?: number;
}

const wordEnds = ' \t\n;&|<>()';

/** Parses the word at `start`. With an unclosed quote or bracket it extends to the end of the text. */
export function readWord(text: string, start: number): Word {
  const word: Word = { kind: 'word', offset: start, text: '', value: '', offsets: [] };
  let quoted = false;
  let position = start;

  const keep = (from: number, to: number) => {
    for (let offset = from; offset < to; offset++) word.offsets.push(offset);
    word.value += text.slice(from, to);
    position = to;
  };
  const leaveUnclosed = () => {
    word.unclosed = position;
    position = text.length;
  };

  while (position < text.length) {
    const character = text.charAt(position);
    if (!quoted && wordEnds.includes(character)) break;
    if (character === '"') {
      if (!quoted && endOfNested(text, position, false) === undefined) leaveUnclosed();
      else position += 1;
      quoted = !quoted;
    } else if (character === '\\') {
      const next = text.charAt(position + 1);
      // Inside double quotes a backslash is literal unless one of these characters follows.
      if (quoted && next !== '' && !'$`"\\\n'.includes(next)) keep(position, position + 2);
      else if (next === '\n') position += 2;
      else keep(next === '' ? position : position + 1, position + (next === '' ? 1 : 2));
    } else if (character === "'" && !quoted) {
      const end = text.indexOf("'", position + 1);
      if (end === -1) leaveUnclosed();
      else {
        keep(position + 1, end);
        position = end + 1;
      }
    } else if (character === '$' || character === '`') {
      const end = endOfExpansion(text, position, quoted);
      if (end === undefined) leaveUnclosed();
      else if (end === position) keep(position, position + 1);
      else {
        word.expansion ??= { offset: position, text: text.slice(position, end) };
        position = end;
      }
    } else {
      // Home directories, and the braces that bash expands behind `export`.
      const expands = character === '{' || (character === '~' && /[=:]$/.test(word.value));
      if (expands && !quoted) word.expansion ??= { offset: position, text: character };
      keep(position, position + 1);
    }
  }
  if (quoted) word.unclosed ??= start;
  word.text = text.slice(start, position);
  return word;
}

/** @returns the end of the expansion at `start`; `start` itself for a literal dollar sign, undefined if it is never closed */
function endOfExpansion(text: string, start: number, quoted: boolean): number | undefined {
  if (/^(`|\$[({[])/.test(text.slice(start, start + 2))) return endOfNested(text, start, quoted);
  if (!quoted && text.startsWith("$'", start)) {
    const ansi = /\$'(?:[^'\\]|\\[\s\S])*'/y;
    ansi.lastIndex = start;
    return ansi.test(text) ? ansi.lastIndex : undefined;
  }
  if (!quoted && text.startsWith('$"', start)) return start + 1;
  // A line continuation: the name follows on the next line.
  if (text.startsWith('$\\\n', start)) return start + 1;
  const name = /\$(?:[A-Za-z_]\w*|[0-9@*#?$!-])/y;
  name.lastIndex = start;
  return name.test(text) ? name.lastIndex : start;
}

/** @returns where the double quote, backtick, `$(`, `${` or `$[` at `start` is closed; undefined if never */
function endOfNested(text: string, start: number, quoted: boolean): number | undefined {
  const closers = quoted ? ['"'] : [];
  const depth = closers.length;
  let position = start;
  do {
    const character = text.charAt(position);
    const inner = closers.at(-1);
    if (character === '') return undefined;
    position += 1;
    if (character === inner) closers.pop();
    else if (character === '\\') position += 1;
    else if (character === '"' || character === '`') closers.push(character);
    else if (character === "'" && closers.findLast((closer) => closer !== '}') !== '"') {
      // Double quotes also quote the braces inside them: in "${x:-it's}" the apostrophe is literal.
      position = text.indexOf("'", position) + 1;
      if (position === 0) return undefined;
    } else if (character === '$' && '({['.includes(text.charAt(position) || ' ')) {
      closers.push({ '(': ')', '{': '}' }[text.charAt(position)] ?? ']');
      position += 1;
    } else if (character === '(' && inner === ')') closers.push(')');
  } while (closers.length > depth);
  return position;
}
