// What the program takes, as plain data: read from what commander is told (src/cli/), so that completion knows no
// command or option that is not there. What an option's value or an argument stands for is known by what the
// declaration calls it (<file>, <name>); a new such word has to be added here first.
import type { Command, Option } from 'commander';
import { makeProgram } from '../../src/cli/program.ts';
import type { kindsOfNames } from '../../src/commands/complete.ts';
import { hookDrivers } from '../../src/hooks/hook-file.ts';
import { formats } from '../../src/import/import.ts';

/** Those that are set every day. All others of an entry may be set too. */
const everydayKeys = [
  'ceil',
  'ceil.out',
  'ceil.in',
  'rate',
  'rate.out',
  'rate.in',
  'group',
  'leaf',
  'local',
  'pps',
  'storm',
];

/** `anything` is for what nobody can guess, such as seconds. `names` is what `virt-shaper names` prints. */
export type Takes =
  | { kind: 'files' | 'folders' | 'anything' }
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'names'; of: (typeof kindsOfNames)[number] };

export interface ArgumentShape {
  name: string;
  takes: Takes;
  /** It may come again and again; then it is the last. */
  repeats: boolean;
}

export interface OptionShape {
  /** With its dashes, the short one first. */
  flags: string[];
  description: string;
  /** Absent for one without a value. */
  value?: { name: string; takes: Takes };
  /** What one may take that may also stand alone: nobody can guess which. */
  mayTake?: string;
}

export interface CommandShape {
  name: string;
  description: string;
  options: OptionShape[];
  args: ArgumentShape[];
  /** After its first argument nothing is an option any more. */
  passThrough: boolean;
}

export interface ProgramShape {
  name: string;
  options: OptionShape[];
  commands: CommandShape[];
}

const words = (...list: readonly string[]): Takes => ({ kind: 'words', words: list });

/** By what stands between < > or [ ]. */
const meanings: Record<string, Takes> = {
  file: { kind: 'files' },
  dir: { kind: 'folders' },
  seconds: { kind: 'anything' },
  rate: { kind: 'anything' },
  time: { kind: 'anything' },
  moment: { kind: 'anything' },
  text: { kind: 'anything' },
  month: { kind: 'anything' },
  day: { kind: 'anything' },
  format: words(...formats),
  name: { kind: 'names', of: 'known' },
  names: { kind: 'names', of: 'in-force' },
  action: words('install', 'remove', 'status'),
  keys: words(...everydayKeys),
  settings: words(...everydayKeys),
};

const lifecycle = [
  'prepare',
  'start',
  'started',
  'stopped',
  'release',
  'restore',
  'migrate',
  'reconnect',
  'attach',
];
const ofNetworks = ['port-created', 'port-deleted', 'updated'];

/** What libvirt passes to a hook, which commander knows as `args` only. */
const hookArgs: ArgumentShape[] = [
  { name: 'driver', takes: words(...hookDrivers), repeats: false },
  { name: 'name', takes: { kind: 'names', of: 'guests' }, repeats: false },
  { name: 'operation', takes: words(...lifecycle, ...ofNetworks), repeats: false },
  { name: 'suboperation', takes: words('begin', 'end', '-'), repeats: false },
  { name: 'extra', takes: words('-'), repeats: false },
];

export function shapeOf(program: Command = makeProgram()): ProgramShape {
  const help = program.createHelp();
  const visible = help.visibleCommands(program);
  const names = visible.map((command) => command.name());
  return {
    name: program.name(),
    options: help.visibleOptions(program).map(optionShape),
    commands: visible.map((command) => ({
      name: command.name(),
      description: command.description(),
      options: command.name() === 'help' ? [] : help.visibleOptions(command).map(optionShape),
      args: argsOf(command, names),
      passThrough: command.name() === 'hook',
    })),
  };
}

function argsOf(command: Command, commands: string[]): ArgumentShape[] {
  if (command.name() === 'hook') return hookArgs;
  return command.registeredArguments.map((argument) => {
    const name = argument.name();
    if (command.name() === 'usage')
      return { name: 'names', takes: { kind: 'names', of: 'known' }, repeats: true } as const;
    const takes = name === 'command' ? words(...commands) : meaningOf(name, `${command.name()} ${name}`);
    return { name, takes, repeats: argument.variadic };
  });
}

function optionShape(option: Option): OptionShape {
  const [, name] = option.flags.match(/<(.+?)(?:\.\.\.)?>$/) ?? [];
  const [, mayTake] = option.flags.match(/\[(.+?)\]$/) ?? [];
  return {
    flags: [option.short, option.long].flatMap((flag) => flag ?? []),
    description: option.description,
    ...(name === undefined ? {} : { value: { name, takes: meaningOf(name, option.flags) } }),
    ...(mayTake === undefined ? {} : { mayTake }),
  };
}

function meaningOf(name: string, where: string): Takes {
  const found = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
  if (found) return found;
  throw new Error(`what <${name}> of ${where} stands for is to be said in build/completions/shape.ts`);
}
