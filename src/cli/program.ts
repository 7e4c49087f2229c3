// Declares all commands and options for commander. The module of a command is imported only when that command is called,
// since a guest's start waits for the hook.
import { Command } from 'commander';
import { type CommonOptions, makeContext } from '../operations/context.ts';
import { version } from '../system/version.ts';
import { nearest } from '../units/nearest.ts';
import type { Declare } from './declare.ts';
import { grouped } from './help.ts';
import { declareHostCommands } from './host.ts';
import { declareObserveCommands } from './observe.ts';
import { declarePolicyCommands } from './policy.ts';

export function makeProgram(): Command {
  const program = new Command('virt-shaper')
    .description('Bandwidth for the guests of a KVM host: nftables and tc, loaded as one transaction.')
    .version(version)
    .enablePositionalOptions()
    .showHelpAfterError('(virt-shaper --help shows what there is)')
    .addHelpText(
      'after',
      `
First steps: doctor says what this host can do, init writes a first config.toml. Write in it what your guests shall
have, then: check, hooks install (a package has done it), apply, status. From there on libvirt tells of guests that
start and stop. For every boot: systemctl enable --now virt-shaper. After a change of the configuration: check, apply.

Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 differences found.`,
    )
    .configureHelp(grouped)
    .configureOutput({
      outputError: (text, write) => write(harmless(text.replace(/^error: /, 'virt-shaper: '))),
    })
    .exitOverride();
  withCommonOptions(program);
  // For `help` with the name of no command, commander prints the whole help and no error.
  program.on('beforeAllHelp', ({ error }: { error: boolean }) => {
    const [help, name = '-'] = program.args;
    if (!error || help !== 'help' || name.startsWith('-')) return;
    const names = program.commands.map((command) => command.name());
    const meant = nearest(name, names);
    program.error(`error: unknown command '${name}'${meant ? `\n(Did you mean ${meant}?)` : ''}`);
  });

  const declare: Declare = (usage, description, action) =>
    withCommonOptions(program.command(usage))
      .description(description)
      .action(async (...given: unknown[]) => {
        const self = given.at(-1) as Command;
        const options = self.optsWithGlobals();
        process.exitCode = await action(makeContext(options as CommonOptions), self.args, options);
      });
  declarePolicyCommands(declare);
  declareObserveCommands(declare);
  declareHostCommands(declare);

  program.command('guard <id>', { hidden: true }).action(async (id: string, _options, self: Command) => {
    const context = makeContext(self.optsWithGlobals());
    process.exitCode = await (await import('../commands/policy/confirm.ts')).guardCommand(context, id);
  });
  program.command('names <kind>', { hidden: true }).action(async (kind: string, _options, self: Command) => {
    (await import('../commands/complete.ts')).namesCommand(self.optsWithGlobals(), kind);
  });
  return program;
}

/** Removes unload from commander's suggestions: somebody who typed "reload" would take all limits off by following it. */
function harmless(text: string): string {
  if (/unknown command 'un/.test(text)) return text;
  return text.replace(
    /Did you mean one of load, unload\?/,
    'Did you mean load? For a changed configuration: apply',
  );
}

function withCommonOptions(to: Command): Command {
  return to
    .option('--config <file>', 'main configuration file (/etc/virt-shaper/config.toml)')
    .option('--rules <dir>', 'where the rules are (/var/lib/virt-shaper/rules.d)')
    .option('--root <dir>', 'put /etc, /run and /var below this folder')
    .option('--lock-timeout <seconds>', 'how long to wait for another virt-shaper (60)')
    .option('--timeout <seconds>', 'how long one call of nft, tc or ip may take (30)')
    .option('-q, --quiet', 'say only what is wrong')
    .option('-v, --verbose', 'say more');
}
