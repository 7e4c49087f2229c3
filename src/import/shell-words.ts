// One word of shell, with its quotes taken off (POSIX.1-2017, XCU 2.2 and 2.6.7). What the shell would
// have replaced ($NAME, ${...}, $(...), backticks) is skipped and remembered, never evaluated: the old hook
// sourced its configuration as root, and an importer that did the same would run whatever stands in it.

export interface Word {
  kind: 'word';
  offset: number;
  /** As written. */
  text: string;
  /** After quote removal. */
  value: string;
  /** For each UTF-16 unit of `value` the offset it was written at. */
  offsets: number[];
  /** The first thing in it that the shell would have replaced. */
  expansion?: { offset: number; text: string };
  /** Where a quote or a bracket was opened that is never closed. */
  unclosed?: number;
}

const wordEnds = ' \t\n;&|<>()';

/** Reads the word at `start`. Ends at the end of the text when something in it is not closed. */
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
      // Inside double quotes a backslash is a character of its own unless one of these follows.
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

/** Where the expansion at `start` ends: `start` itself for a lone dollar sign, undefined if never. */
function endOfExpansion(text: string, start: number, quoted: boolean): number | undefined {
  if (/^(`|\$[({[])/.test(text.slice(start, start + 2))) return endOfNested(text, start, quoted);
  if (!quoted && text.startsWith("$'", start)) {
    const ansi = /\$'(?:[^'\\]|\\[\s\S])*'/y;
    ansi.lastIndex = start;
    return ansi.test(text) ? ansi.lastIndex : undefined;
  }
  if (!quoted && text.startsWith('$"', start)) return start + 1;
  // What it stands for begins on the next line.
  if (text.startsWith('$\\\n', start)) return start + 1;
  const name = /\$(?:[A-Za-z_]\w*|[0-9@*#?$!-])/y;
  name.lastIndex = start;
  return name.test(text) ? name.lastIndex : start;
}

/** Where what opens at `start` (a double quote, a backtick, `$(`, `${` or `$[`) is closed; undefined if never. */
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
      // Braces in double quotes are quoted by them: in "${x:-it's}" the apostrophe opens nothing.
      position = text.indexOf("'", position) + 1;
      if (position === 0) return undefined;
    } else if (character === '$' && '({['.includes(text.charAt(position) || ' ')) {
      closers.push({ '(': ')', '{': '}' }[text.charAt(position)] ?? ']');
      position += 1;
    } else if (character === '(' && inner === ')') closers.push(')');
  } while (closers.length > depth);
  return position;
}
