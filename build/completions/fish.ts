// Completion for fish: fish.in with a line for each thing that can be completed, and when: a regular
// expression for "COMMAND PLACE", the command typed so far ("-" for none) and how many arguments it has.
import type { OptionShape, ProgramShape, Takes } from './shape.ts';
import { fill, isCommon, optionValues, plain } from './text.ts';

export function fishCompletion(shape: ProgramShape): string {
  const { name, options, commands } = shape;
  const line = (when: string, what: string) => `complete -c ${name} -n "__virt_shaper_at ${when}" ${what}`;
  const common = options.filter((option) => isCommon(shape, option));
  const first = options.filter((option) => !isCommon(shape, option));
  const ofCommands = commands.flatMap((command) => [
    ...command.options
      .filter((option) => !isCommon(shape, option))
      .map((option) => line(`'${command.name} .*'`, optionArgs(option))),
    ...command.args.map(({ takes, repeats }, place) =>
      line(`'${command.name} ${repeats ? '.*' : place}'`, valueArgs(takes)),
    ),
  ]);
  return fill('fish.in', shape, {
    WITH_VALUE: plain([...optionValues(shape).keys()]),
    LINES: [
      ...commands.map((command) => line("'- 0'", `-a ${command.name} -d ${quote(command.description)}`)),
      ...first.map((option) => line("'- 0'", optionArgs(option))),
      // Past its first word, hook has libvirt's words only.
      ...common.map((option) => line("--not 'hook [1-9]'", optionArgs(option))),
      ...ofCommands,
    ].join('\n'),
  });
}

function optionArgs({ flags, description, value }: OptionShape): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...names, ...(value ? ['-r', valueArgs(value.takes)] : []), `-d ${quote(description)}`].join(' ');
}

function valueArgs(takes: Takes): string {
  switch (takes.kind) {
    case 'files':
      return '-F';
    case 'folders':
      return "-f -a '(__fish_complete_directories)'";
    case 'words':
      return `-f -a ${quote(plain(takes.words))}`;
    case 'names':
      return `-f -a '(__virt_shaper_names ${takes.of})'`;
    case 'anything':
      return '-f';
  }
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
