// What the three generators share. The shells' own code is in bash.in, zsh.in and fish.in, where @NAMES@ stand for
// what is filled in.
import { readFileSync } from 'node:fs';
import type { OptionShape, ProgramShape, Takes } from './shape.ts';

/** @param file beside this one */
export function fill(file: string, { name }: ProgramShape, parts: Record<string, string>): string {
  const all: Record<string, string> = {
    ...parts,
    PROGRAM: name,
    BANNER: '# Made by "npm run completions" from the program\'s own commands and options: not to be edited.',
  };
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return text.replace(/@([A-Z_]+)@/g, (_, part: string) => {
    const found = all[part];
    if (found === undefined) throw new Error(`${file}: nothing for @${part}@`);
    return found;
  });
}

/** Words that need no quotes in any shell. @throws when one does */
export function plain(words: readonly string[]): string {
  const odd = words.find((word) => !/^[\w.-]+$/.test(word));
  if (odd !== undefined) throw new Error(`${odd} would need quotes in a completion`);
  return words.join(' ');
}

/** By flag. @throws when one flag takes different things in two commands, which the files do not provide for */
export function optionValues({ options, commands }: ProgramShape): Map<string, Takes> {
  const values = new Map<string, Takes>();
  for (const { flags, value } of [options, ...commands.map((command) => command.options)].flat()) {
    for (const flag of value ? flags : []) {
      const known = values.get(flag) ?? value?.takes;
      if (JSON.stringify(known) !== JSON.stringify(value?.takes)) {
        throw new Error(`${flag} takes one thing here and another there`);
      }
      if (known) values.set(flag, known);
    }
  }
  return values;
}

/** Those that every command has, and that may stand before it too. */
export function isCommon({ options, commands }: ProgramShape, option: OptionShape): boolean {
  const has = (list: OptionShape[]) => list.some(({ flags }) => flags.join() === option.flags.join());
  return has(options) && commands.every((command) => command.name === 'help' || has(command.options));
}
