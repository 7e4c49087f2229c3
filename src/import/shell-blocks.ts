// Tracks compound commands of a shell file (`if`, loops, functions, brackets): an assignment inside one may or may not be
// executed, so none of them counts. Only the nesting is tracked, by the reserved words in command position (POSIX.1-2017, XCU
// 2.4).
import type { Token } from './shell-tokens.ts';

/** A compound command that is open: how it is written, and where. */
export interface ShellBlock {
  text: string;
  closer: string;
  offset: number;
}

const closers = new Map([
  ['if', 'fi'],
  ['case', 'esac'],
  ['for', 'done'],
  ['select', 'done'],
  ['while', 'done'],
  ['until', 'done'],
  ['{', '}'],
  ['(', ')'],
]);

/** Operators and reserved words that are followed by a command. */
const leaders = new Set(['if', 'while', 'until', '{', 'then', 'else', 'elif', 'do', '!', 'time', 'function']);

/** Words that close or continue a block; a line with only one of them contains no assignment. */
const fillers = new Set(['then', 'else', 'do', 'done', 'fi', 'esac', '{', '}', '(', ')']);

export function isFiller(commands: Token[]): boolean {
  return commands.every((token) => fillers.has(token.text));
}

/** Updates `blocks` by one command line. @returns the outermost block that the line is in, opens or closes */
export function followBlocks(line: Token[], blocks: ShellBlock[]): ShellBlock | undefined {
  let outermost = blocks[0];
  let commandMayFollow = true;
  for (const [index, { kind, text, offset }] of line.entries()) {
    const closer = closers.get(text);
    if (text === blocks.at(-1)?.closer && (commandMayFollow || kind === 'operator')) {
      blocks.pop();
      commandMayFollow = true;
    } else if (closer !== undefined && (commandMayFollow || kind === 'operator')) {
      const block = { text, closer, offset };
      blocks.push(block);
      outermost ??= block;
      commandMayFollow = kind === 'operator' || leaders.has(text);
    } else {
      const leads: boolean = commandMayFollow && leaders.has(text);
      commandMayFollow = leads || kind === 'operator' || line[index - 1]?.text === 'function';
    }
  }
  return outermost;
}
