// The layout of --help: commands in the groups of the manual page, a command's own options before the common ones.
import { type Command, Help, type Option } from 'commander';

/** First command of a group, in the order of declaration -> the group's heading. */
const groups: Record<string, string> = {
  check: 'From the configuration to the kernel:',
  status: 'Who has what:',
  import: 'The host around it:',
};

const base = new Help();

export const grouped: Partial<Help> = {
  subcommandTerm: (command) => base.subcommandTerm(command).replace(' [options]', ''),
  visibleOptions: (command) => ownFirst(command, base.visibleOptions(command)),
  formatHelp(command, helper) {
    const text = base.formatHelp.call(helper, command, helper);
    if (command.parent) return text;
    const [first] = Object.keys(groups);
    return Object.entries(groups).reduce(
      (page, [name, title]) =>
        page.replace(
          new RegExp(`^  ${name}( |$)`, 'm'),
          (line) => `${name === first ? '' : '\n'}${title}\n${line}`,
        ),
      text.replace(/^Commands:\n/m, ''),
    );
  },
};

function ownFirst(command: Command, options: Option[]): Option[] {
  const common = new Set(command.parent?.options.map(({ long }) => long));
  const isCommon = ({ long }: Option) => common.has(long ?? '');
  return [...options.filter((one) => !isCommon(one)), ...options.filter(isCommon)];
}
