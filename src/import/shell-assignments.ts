// The assignments that a shell would make by sourcing a file, found without running anything. Assignments that depend on
// commands, conditions or expansions are reported and left out.
import type { SourceFile } from '../toml/source-file.ts';
import { type Notes, quotation } from './notes.ts';
import { followBlocks, isFiller, type ShellBlock } from './shell-blocks.ts';
import { readTokens, type Token } from './shell-tokens.ts';
import type { Word } from './shell-words.ts';

export interface Assignment {
  name: string;
  /** The offset of the name. */
  offset: number;
  line: number;
  value: string;
  /** For each UTF-16 unit of `value` its offset in the text. */
  offsets: number[];
}

const runsNothing = 'an import runs nothing: write what it would have set into config.toml by hand';
const declarations = new Set(['declare', 'export', 'local', 'readonly', 'typeset']);
/** Options of declarations that do not change the value. */
const harmlessOption = /^(?:--|[-+][grx]+)$/;

/** @returns every assignment in the order of the file; a name may occur more than once */
export function readAssignments(file: SourceFile, notes: Notes): Assignment[] {
  const assignments: Assignment[] = [];
  const blocks: ShellBlock[] = [];
  const lineOf = (offset: number) => file.place(offset).line;
  const refuse = (offset: number, what: string, hint = runsNothing) => {
    notes.error(offset, `${what}: not taken over`, hint);
  };

  function readLine(line: Token[]): void {
    const [first] = line;
    if (first === undefined) return;
    const words = line.filter((token) => token.kind === 'word');
    const unclosed = words.find((word) => word.unclosed !== undefined)?.unclosed;
    if (unclosed !== undefined) {
      refuse(unclosed, 'a quote or bracket that is never closed', 'close it, and import again');
      return;
    }
    const inside = blocks.length > 0;
    const block = followBlocks(line, blocks);
    const operator = line.find((token) => token.kind === 'operator');
    if (block !== undefined && inside) {
      const place = `inside ${quotation(block.text)} of line ${lineOf(block.offset)}`;
      if (!isFiller(line)) refuse(first.offset, place);
    } else if (block !== undefined) {
      refuse(first.offset, describeBlock(line, block));
    } else if (operator !== undefined) {
      refuse(operator.offset, `shell that has to run (${quotation(operator.text)})`);
    } else {
      warnOfLongQuotes(words);
      readSimpleCommand(words);
    }
  }

  function readSimpleCommand(words: Word[]): void {
    const command = words.find((word) => assignmentHead(word) === undefined);
    if (command === undefined) {
      for (const word of words) take(word);
    } else if (command === words[0] && declarations.has(command.text)) {
      readDeclaration(command, words.slice(1));
    } else if (command !== words[0]) {
      const hint = 'a value with blanks needs quotes: guest_eth0="10 15mbit 30mbit"';
      refuse(
        command.offset,
        `${quotation(command.text)} is a command to the shell, not part of the value before it`,
        hint,
      );
    } else if (/^[^\s=]+=/.test(command.text)) {
      const hint = 'add the entry to config.toml by hand: there a name may hold any character';
      refuse(command.offset, 'no shell variable has such a name (letters, digits and _ only)', hint);
    } else {
      refuse(command.offset, `a command (${quotation(command.text)})`);
    }
  }

  function readDeclaration(command: Word, operands: Word[]): void {
    const odd = operands.find(
      (word) =>
        assignmentHead(word) === undefined &&
        !/^[A-Za-z_]\w*$/.test(word.text) &&
        !harmlessOption.test(word.text),
    );
    if (odd !== undefined) {
      refuse(odd.offset, `${quotation(command.text)} with ${quotation(odd.text)}`);
    } else {
      for (const word of operands) if (assignmentHead(word) !== undefined) take(word);
    }
  }

  function take(word: Word): void {
    const { name = '', index, plus } = assignmentHead(word) ?? {};
    const start = word.text.indexOf('=') + 1;
    if (index) {
      refuse(word.offset, `an array element (${quotation(name + index)})`);
    } else if (plus) {
      refuse(word.offset, `${name}+= adds to an earlier value`);
    } else if (word.expansion !== undefined) {
      refuse(
        word.expansion.offset,
        `${quotation(word.expansion.text)} in the value of ${name} is not expanded`,
      );
    } else {
      const value = word.value.slice(start);
      const offsets = word.offsets.slice(start);
      assignments.push({ name, offset: word.offset, line: lineOf(word.offset), value, offsets });
    }
  }

  function warnOfLongQuotes(words: Word[]): void {
    for (const word of words.filter(({ value }) => value.includes('\n'))) {
      const last = lineOf(word.offset + word.text.length);
      notes.warning(word.offset, `a quote reaches from here to line ${last}`, 'is a closing quote missing?');
    }
  }

  let line: Token[] = [];
  for (const token of readTokens(file.text)) {
    if (token.kind === 'operator' && /^[;\n]/.test(token.text)) {
      readLine(line);
      line = [];
    } else {
      line.push(token);
    }
  }
  readLine(line);
  const [open] = blocks;
  if (open !== undefined) refuse(open.offset, `${quotation(open.text)} is never closed: everything after it`);
  return assignments;
}

function describeBlock([first, second, third]: Token[], block: ShellBlock): string {
  if (second?.text === '(' && first?.text.endsWith('=')) return 'an array';
  if (first?.text === 'function' || (second?.text === '(' && third?.text === ')')) return 'a function';
  return `shell that has to run (${quotation(block.text)})`;
}

/** NAME, an array index and a plus sign before the equals sign of an assignment. */
function assignmentHead(word: Word): { name?: string; index?: string; plus?: string } | undefined {
  return /^(?<name>[A-Za-z_]\w*)(?<index>\[[^\]]*\])?(?<plus>\+)?=/.exec(word.text)?.groups;
}
