// Recognises common mistakes in TOML by what the parser expected and what it found instead. Their order matters: the first
// one that fits is reported. Each has a golden test against the real parser in test/golden/check.

/** The place where the parser stopped. */
export interface Stop {
  /** The text of the line before the place, and after it. */
  before: string;
  after: string;
  /** The number of blanks and line ends right before the place. */
  blanks: number;
  /** Whether the parser would have accepted this literal. */
  expects(literal: string): boolean;
}

/** `back` is the number of characters between the beginning of the mistake and the stop. */
export interface Mistake {
  message: string;
  hint?: string;
  back?: number;
}

export function explainStop(stop: Stop): Mistake {
  return (
    oddCharacter(stop) ??
    badValue(stop) ??
    openString(stop) ??
    badHeader(stop) ??
    badNumber(stop) ??
    badName(stop) ??
    openList(stop) ??
    tooMuch(stop) ??
    unexpected(stop)
  );
}

/** A character that looks right in an editor, or is invisible there. */
function oddCharacter(stop: Stop): Mistake | undefined {
  const [character = ''] = stop.after;
  if (/[\p{Cc}\p{Cf}\u00a0]/u.test(character) && character !== '\t') {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return { message: `the invisible character U+${code} is not allowed here`, hint: 'delete it' };
  }
  if (/[“”„‟‘’‚«»`´]/u.test(character)) {
    return { message: `${character} is not a quote in TOML`, hint: 'write straight quotes: "text"' };
  }
  if (stop.before.trim() === '' && /^(;|\/\/|--)/.test(stop.after)) {
    return { message: 'a comment begins with #' };
  }
  if (stop.before.endsWith('\r')) {
    return {
      message: 'the line ends with a carriage return alone',
      hint: 'save the file with Unix line ends',
    };
  }
  return undefined;
}

/** A mistake after "=" or in a list. */
function badValue(stop: Stop): Mistake | undefined {
  if (!stop.expects('true')) return undefined;
  if (atEnd(stop)) return { message: 'the value is missing' };
  const word = firstWord(stop.after);
  if (/^(true|false)$/i.test(word)) {
    return { message: `${word} is written ${word.toLowerCase()} in TOML` };
  }
  if (word.startsWith('=')) return { message: 'one = is enough' };
  return /^[\p{L}\p{N}$/~_.-]/u.test(word) ? needsQuotes(word) : unexpected(stop);
}

function openString(stop: Stop): Mistake | undefined {
  if (stop.expects('"""') || stop.expects("'''")) {
    return stop.expects('true') ? undefined : { message: 'the text in triple quotes is never closed' };
  }
  if (stop.after !== '') return undefined;
  if (stop.expects('\\')) return { message: 'the closing " is missing' };
  if (stop.expects("'") && !stop.expects('"')) return { message: "the closing ' is missing" };
  return undefined;
}

/** A mistake in [guest.NAME]. */
function badHeader(stop: Stop): Mistake | undefined {
  if (!/^\s*\[/.test(stop.before) || stop.expects(',') || stop.expects('\n')) return undefined;
  if (atEnd(stop)) return { message: 'the closing ] is missing' };
  if (stop.after.startsWith(']')) return { message: 'a name is missing before ]' };
  return oddName(stop);
}

/** 15mbit, 15 mbit, 10.0.0.1, 007. */
function badNumber(stop: Stop): Mistake | undefined {
  const [, number] = /[=,[{]\s*([+-]?\d[^\s,\]}#]*)\s*$/.exec(stop.before) ?? [];
  if (number === undefined) return undefined;
  const back = stop.before.length - stop.before.lastIndexOf(number);
  if (atEnd(stop)) {
    return { message: `${number} is not a number: TOML wants no zeros in front`, back };
  }
  const blank = /\s$/.test(stop.before);
  if (blank && !/^[a-z%/]+\s*([,\]}#]|$)/i.test(stop.after)) return undefined;
  const rest = firstWord(stop.after);
  return rest === '' ? undefined : { ...needsQuotes(`${number}${rest}`), back };
}

/** A mistake before "=". */
function badName(stop: Stop): Mistake | undefined {
  if (!stop.expects('=')) {
    const startOfName = stop.expects('"') && stop.expects("'");
    if (!startOfName || /^[\])},;:]/.test(stop.after)) return undefined;
    if (stop.after.startsWith('=')) return { message: 'the name before = is missing' };
    return atEnd(stop) ? undefined : oddName(stop);
  }
  if (stop.after.startsWith(':')) return { message: 'write = between name and value, not :' };
  if (atEnd(stop)) {
    return { message: `${stop.before.trim()} has no value`, hint: 'write it as name = value' };
  }
  if (/\s$/.test(stop.before) && /^["'\d[{]/.test(stop.after)) return { message: 'a = is missing here' };
  return oddName(stop);
}

/** A mistake between the elements of [ ] or { }. */
function openList(stop: Stop): Mistake | undefined {
  if (!stop.expects(',')) return undefined;
  return {
    message: `a comma or the closing ${stop.expects('}') ? '}' : ']'} is missing here`,
    back: stop.blanks,
  };
}

function tooMuch(stop: Stop): Mistake | undefined {
  if (!stop.expects('\n') || stop.before.trim() === '') return undefined;
  return {
    message: /^[\w"'[]/.test(stop.after) ? 'a new line must begin here' : `${found(stop)} cannot follow here`,
    hint: 'each name = value and each [table] has a line of its own',
  };
}

function needsQuotes(word: string): Mistake {
  const text = word.replace(/["']$/, '');
  if (text !== word) return { message: `the quote before ${text} is missing`, hint: `write "${text}"` };
  return { message: `${word} needs quotes`, hint: `write "${word}"` };
}

/** Reports the whole name around a character that a name may have only in quotes. */
function oddName(stop: Stop): Mistake {
  const begin = /[^.[\]"'{,]*$/.exec(stop.before)?.[0].trimStart() ?? '';
  const end = /^[^.\]"'=#]*/.exec(stop.after)?.[0].trimEnd() ?? '';
  if (!/^[\p{L}\p{N}*?$_-]/u.test(begin + end)) return unexpected(stop);
  return { ...needsQuotes(begin + end), back: begin.length };
}

function unexpected(stop: Stop): Mistake {
  return { message: stop.after === '' ? 'the line ends too early' : `${found(stop)} is not expected here` };
}

const atEnd = (stop: Stop) => stop.after === '' || stop.after.startsWith('#');
const firstWord = (text: string) => /^[^\s,\]}#]*/.exec(text)?.[0] ?? '';

function found(stop: Stop): string {
  const [character] = stop.after;
  return character === undefined ? 'the end of the line' : character === ' ' ? 'a blank' : character;
}
