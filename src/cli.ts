// argv -> command; prints errors; sets the exit status; nothing else. A command's module is loaded when it
// is asked for, since a guest's start waits for the hook.
import { Command, CommanderError } from 'commander';
import { type CommonOptions, type Context, makeContext } from './commands/context.ts';
import { ConfigError } from './errors.ts';
import { describeError } from './report/errors.ts';
import { version } from './version.ts';

type Action = (context: Context, args: string[], options: Record<string, unknown>) => Promise<number>;

const program = new Command('virt-shaper')
  .description('Bandwidth for the guests of a KVM host: nftables and tc, loaded as one transaction.')
  .version(version)
  .enablePositionalOptions()
  .showHelpAfterError('(virt-shaper --help shows what there is)')
  .addHelpText(
    'after',
    `
Begin with a config.toml, then: virt-shaper check && virt-shaper render && virt-shaper load
From there on libvirt calls "virt-shaper hook" when a guest starts or stops.

Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 differences found.`,
  )
  .exitOverride();
withCommonOptions(program);

command('check', 'read the configuration, report every problem', async (context) =>
  (await import('./commands/check.ts')).checkCommand(context),
).addHelpText(
  'after',
  `
Example: try a changed file before it counts
  virt-shaper check --config ./config.toml`,
);
command('render', 'write rules.d from the configuration and the guests now running', async (context) =>
  (await import('./commands/render.ts')).renderCommand(context),
).addHelpText(
  'after',
  `
Example: read what would be loaded before it is
  virt-shaper render && less /var/lib/virt-shaper/rules.d/shape.tc`,
);
command('load', 'make the kernel hold what rules.d says, all or nothing', async (context, _args, options) =>
  (await import('./commands/load.ts')).loadCommand(context, options),
)
  .option('--dry-run', 'only show what would change, as plan does')
  .option('--json', 'with --dry-run: as data')
  .option('--confirm <seconds>', 'go back to the former policy unless confirmed within this time')
  .addHelpText(
    'after',
    `
Example: after a change of the configuration
  virt-shaper render && virt-shaper load`,
  );
command('confirm', 'keep the policy that "load --confirm" has loaded', async (context) =>
  (await import('./commands/confirm.ts')).confirmCommand(context),
).addHelpText(
  'after',
  `
Example: from a second terminal, which the new policy let in
  virt-shaper confirm`,
);
command(
  'plan',
  'show what load would change and why (status 3 if anything)',
  async (context, _args, options) => (await import('./commands/plan.ts')).planCommand(context, options),
)
  .option('--json', 'as data')
  .addHelpText(
    'after',
    `
Example: look before a change counts
  virt-shaper render && virt-shaper plan`,
  );
command(
  'verify',
  'compare the kernel with what was loaded (status 3 on drift)',
  async (context, _args, options) => (await import('./commands/verify.ts')).verifyCommand(context, options),
)
  .option('--json', 'as data')
  .addHelpText(
    'after',
    `
Example: from cron, repair what somebody changed by hand
  virt-shaper --quiet verify || virt-shaper load`,
  );
command('unload', 'take out everything virt-shaper put in, nothing else', async (context) =>
  (await import('./commands/unload.ts')).unloadCommand(context),
).addHelpText(
  'after',
  `
Example: every guest at full speed for a while, then as before
  virt-shaper unload
  virt-shaper load`,
);
command('tree', 'show each uplink with its groups and guests', async (context, _args, options) =>
  (await import('./commands/tree.ts')).treeCommand(context, options),
)
  .option('--json', 'as data')
  .addHelpText(
    'after',
    `
Example: the names of the groups, with jq
  virt-shaper tree --json | jq -r '.[].trees.out.groups[].group.name'`,
  );
command(
  'import <file>',
  "print the old hook's bandwidth.conf as TOML (- reads stdin)",
  async (context, [file = '-']) => (await import('./commands/import.ts')).importCommand(context, file),
).addHelpText(
  'after',
  `
Example:
  virt-shaper import /etc/libvirt/hooks/bandwidth.conf > config.toml
  virt-shaper check --config config.toml`,
);
// A guest may be named --help or -x: what libvirt passes is never an option.
command(
  'hook [args...]',
  'what libvirt calls: DRIVER NAME OP SUBOP EXTRA, XML on stdin',
  async (context, args) => (await import('./commands/hook.ts')).hookCommand(context, args),
)
  .passThroughOptions()
  .addHelpText(
    'after',
    `
Example: a guest that was running before virt-shaper came
  virsh dumpxml cliff | virt-shaper hook qemu cliff start begin -`,
  );

program.command('guard <id>', { hidden: true }).action(async (id: string, _options, self: Command) => {
  const context = makeContext(self.optsWithGlobals());
  process.exitCode = await (await import('./commands/confirm.ts')).guardCommand(context, id);
});

function command(usage: string, description: string, action: Action): Command {
  return withCommonOptions(program.command(usage))
    .description(description)
    .action(async (...given: unknown[]) => {
      const self = given.at(-1) as Command;
      const options = self.optsWithGlobals();
      process.exitCode = await action(makeContext(options as CommonOptions), self.args, options);
    });
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

/** 1 failed, 2 wrong usage or configuration. */
function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`${describeError(error)}\n`);
  return error instanceof ConfigError ? 2 : 1;
}

// `virt-shaper tree | head`: whoever reads has had enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exitCode = error.code === 'EPIPE' ? 0 : 1;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitStatus(error);
}
