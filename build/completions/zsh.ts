// Completion for zsh: zsh.in with what its own _arguments wants to know of each command.
import type { ArgumentShape, CommandShape, OptionShape, ProgramShape, Takes } from './shape.ts';
import { fill, isCommon, plain } from './text.ts';

export function zshCompletion(shape: ProgramShape): string {
  const { options, commands } = shape;
  const common = options.filter((option) => isCommon(shape, option));
  const first = options.filter((option) => !common.includes(option));
  return fill('zsh.in', shape, {
    COMMON: common.map(optionSpec).join('\n    '),
    FIRST: first.map(optionSpec).join(' \\\n    '),
    COMMANDS: commands.map((command) => commandCase(command, shape)).join('\n'),
    DESCRIPTIONS: commands.map(({ name, description }) => quote(`${name}:${description}`)).join('\n    '),
  });
}

function commandCase({ name, options, args, passThrough }: CommandShape, shape: ProgramShape): string {
  const own = options.filter((option) => !isCommon(shape, option));
  // Without -A what follows an argument may be an option again.
  const call = ['_arguments -S', passThrough ? "-A '-*'" : [], options.length > 0 ? '$common' : []].flat();
  const specs = [call.join(' '), ...own.map(optionSpec), ...args.map(argumentSpec)];
  return `    (${name})
      ${specs.join(' \\\n        ')} && ret=0
      ;;`;
}

function optionSpec({ flags, description, value }: OptionShape): string {
  const rest = `[${description.replace(/[[\]\\]/g, '\\$&')}]${value ? `:${value.name}:${action(value.takes)}` : ''}`;
  const names = flags.map((flag) => (value ? `${flag}=` : flag));
  const [only] = names;
  if (names.length === 1) return quote(`${only}${rest}`);
  const alone = flags.includes('--help') || flags.includes('--version');
  return `${quote(`(${alone ? '- : *' : flags.join(' ')})`)}{${names.join(',')}}${quote(rest)}`;
}

function argumentSpec({ name, takes, repeats }: ArgumentShape, place: number): string {
  return quote(`${repeats ? '*' : place + 1}:${name}:${action(takes)}`);
}

function action(takes: Takes): string {
  switch (takes.kind) {
    case 'files':
      return '_files';
    case 'folders':
      return '_files -/';
    case 'words':
      return `(${plain(takes.words)})`;
    case 'names':
      return `_virt-shaper_names ${takes.of}`;
    case 'anything':
      return ' ';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
