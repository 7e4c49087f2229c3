// Which lines of a shell file stand inside `if`, loops, functions, brackets: an assignment there may or may not
// have happened, so none of them counts. Only the nesting is followed, by the reserved words that stand
// where a command could (POSIX.1-2017, XCU 2.4).
import type { Token } from './shell-tokens.ts';

/** A compound command that is open: how it is written, and where. */
export interface Block {
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

/** After these a command follows. */
const leaders = new Set(['if', 'while', 'until', '{', 'then', 'else', 'elif', 'do', '!', 'time', 'function']);

/** Alone on a line these close or continue a block: nothing that could be lost. */
const fillers = new Set(['then', 'else', 'do', 'done', 'fi', 'esac', '{', '}', '(', ')']);

export function isFiller(commands: Token[]): boolean {
  return commands.every((token) => fillers.has(token.text));
}

/** Opens and closes `blocks` as one command line does; returns the outermost block it has to do with. */
export function followBlocks(line: Token[], blocks: Block[]): Block | undefined {
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
