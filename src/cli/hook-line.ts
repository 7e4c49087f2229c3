// Parses the command line that the installed hook uses, without commander: to declare all commands takes a tenth of a
// guest's start. A test holds it against commander (test/unit/cli/hook-line.test.ts); any line that it does not know is left
// to commander.
import type { CommonOptions } from '../operations/context.ts';

export interface HookLine {
  options: CommonOptions;
  /** DRIVER NAME OP SUBOP EXTRA: a guest may be named --help, so none of these is an option. */
  args: string[];
}

const names = {
  '--config': 'config',
  '--rules': 'rules',
  '--root': 'root',
  '--lock-timeout': 'lockTimeout',
  '--timeout': 'timeout',
} as const satisfies Record<string, keyof CommonOptions>;

/** @param words the arguments of the program @returns undefined for any other line */
export function hookLine(words: string[]): HookLine | undefined {
  const options: CommonOptions = {};
  for (let at = 0; at < words.length; at += 2) {
    const [word = '', value = ''] = words.slice(at);
    if (word === 'hook') return isOption(value) ? undefined : { options, args: words.slice(at + 1) };
    if (!isName(word) || value === '' || isOption(value)) return undefined;
    options[names[word]] = value;
  }
  return undefined;
}

function isName(word: string): word is keyof typeof names {
  return Object.hasOwn(names, word);
}

function isOption(word: string): boolean {
  return word.startsWith('-');
}
