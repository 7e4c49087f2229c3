// Tokenizes shell text into words and operators; comments, line continuations and the bodies of here-documents are skipped.
// After an unclosed quote the tokenizer resumes at the next line, so that one mistake costs only its line (a shell would stop).
import { readWord, type Word } from './shell-words.ts';

export interface Operator {
  kind: 'operator';
  offset: number;
  text: string;
}

export type Token = Word | Operator;

const blanks = /(?:[ \t]|\\\n)+/y;
const operator = /<<<|<<-|<<|&&|\|\||;;&|;;|;&|[;&|()<>\n]/y;

export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let hereDocuments: { delimiter: string; tabs: boolean }[] = [];
  let position = 0;

  while (position < text.length) {
    blanks.lastIndex = operator.lastIndex = position;
    const found = operator.exec(text)?.[0];
    if (blanks.test(text)) {
      position = blanks.lastIndex;
    } else if (text.charAt(position) === '#') {
      position = lineEnd(text, position);
    } else if (found !== undefined) {
      tokens.push({ kind: 'operator', offset: position, text: found });
      position += found.length;
      if (found === '\n') {
        for (const { delimiter, tabs } of hereDocuments)
          position = afterBody(text, position, delimiter, tabs);
        hereDocuments = [];
      }
    } else {
      const word = readWord(text, position);
      const redirection = tokens.at(-1)?.text;
      if (redirection === '<<' || redirection === '<<-') {
        hereDocuments.push({ delimiter: word.value, tabs: redirection === '<<-' });
      }
      tokens.push(word);
      position = word.unclosed === undefined ? position + word.text.length : lineEnd(text, word.unclosed);
    }
  }
  return tokens;
}

function afterBody(text: string, start: number, delimiter: string, tabs: boolean): number {
  let position = start;
  while (position < text.length) {
    const end = lineEnd(text, position);
    const line = text.slice(position, end);
    position = end + 1;
    if ((tabs ? line.replace(/^\t+/, '') : line) === delimiter) break;
  }
  return Math.min(position, text.length);
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}
