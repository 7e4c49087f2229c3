// Completion for bash: bash.in with what the commands and options take. It reads the line itself, since bash's own
// words are cut at colons and still in their quotes; nothing of the line is ever evaluated.
import type { ProgramShape, Takes } from './shape.ts';
import { fill, optionValues, plain } from './text.ts';

export function bashCompletion(shape: ProgramShape): string {
  const { options, commands } = shape;
  const flags = (of: typeof options) => list(of.flatMap((option) => option.flags));
  const args = commands.flatMap((command) =>
    command.args.map(({ takes, repeats }, place) => ({
      when: `${command.name}:${repeats ? '*' : place}`,
      does: setting(takes),
    })),
  );
  return fill('bash.in', shape, {
    VALUES: cases([...optionValues(shape)].map(([when, takes]) => ({ when, does: setting(takes) }))),
    ARGUMENTS: cases([
      { when: ':*', does: `takes=words ${list(commands.map((command) => command.name))}` },
      ...args,
    ]),
    OPTIONS: cases([
      { when: "''", does: flags(options) },
      ...commands.map((command) => ({ when: command.name, does: flags(command.options) })),
    ]),
  });
}

function cases(all: { when: string; does: string }[]): string {
  return all.map(({ when, does }) => `    ${when}) ${does} ;;`).join('\n');
}

function setting(takes: Takes): string {
  if (takes.kind === 'words') return `takes=words ${list(takes.words)}`;
  return `takes=${takes.kind === 'names' ? takes.of : takes.kind}`;
}

const list = (words: readonly string[]) => `words=(${plain(words)})`;
