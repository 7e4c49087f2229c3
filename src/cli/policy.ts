// From the configuration to the kernel: the commands that make the policy and put it in force.
import type { Declare } from './declare.ts';

export function declarePolicyCommands(command: Declare): void {
  command(
    'check',
    'read the configuration, report every problem, show what each guest would have',
    async (context, _args, options) => (await import('../commands/check.ts')).checkCommand(context, options),
  )
    .option('--json', 'as data: bits per second')
    .addHelpText(
      'after',
      `
Example: try a changed file before it counts
  virt-shaper check --config ./config.toml`,
    );
  command(
    'apply',
    'check, find the running guests, render, say what changes for whom, and load',
    async (context, _args, options) => (await import('../commands/apply.ts')).applyCommand(context, options),
  )
    .option('--dry-run', 'only say what would change (status 3 if anything)')
    .option('--json', 'with --dry-run: as data')
    .option('--commands', 'with --dry-run: the nft, tc and ip lines that would run')
    .option('--confirm <seconds>', 'go back to the former policy unless confirmed within this time')
    .addHelpText(
      'after',
      `
Example: after a change of the configuration, from the far end of the link that it limits
  virt-shaper apply --dry-run
  virt-shaper apply --confirm 60`,
    );
  command('render', 'write rules.d from the configuration and the guests now running', async (context) =>
    (await import('../commands/render.ts')).renderCommand(context),
  ).addHelpText(
    'after',
    `
Example: read what would be loaded before it is
  virt-shaper render && less /var/lib/virt-shaper/rules.d/shape.tc`,
  );
  command('load', 'make the kernel hold what rules.d says, all or nothing', async (context, _args, options) =>
    (await import('../commands/load.ts')).loadCommand(context, options),
  )
    .option('--dry-run', 'only show what would change, as plan does')
    .option('--json', 'with --dry-run: as data')
    .option('--confirm <seconds>', 'go back to the former policy unless confirmed within this time')
    .addHelpText(
      'after',
      `
Example: rules that were rendered, or shipped, before
  virt-shaper plan; virt-shaper load`,
    );
  command(
    'confirm',
    'keep the policy that "apply --confirm" or "load --confirm" has loaded',
    async (context) => (await import('../commands/confirm.ts')).confirmCommand(context),
  ).addHelpText(
    'after',
    `
Example: from a second terminal, which the new policy let in
  virt-shaper confirm`,
  );
  command(
    'plan',
    'show what load would change, and for whom (status 3 if anything)',
    async (context, _args, options) => (await import('../commands/plan.ts')).planCommand(context, options),
  )
    .option('--json', 'as data')
    .option('--commands', 'the nft, tc and ip lines that load would run')
    .addHelpText(
      'after',
      `
Example: look before a change counts
  virt-shaper render && virt-shaper plan`,
    );
  command(
    'verify',
    'compare the kernel with what was loaded (status 3 on drift)',
    async (context, _args, options) =>
      (await import('../commands/verify.ts')).verifyCommand(context, options),
  )
    .option('--json', 'as data')
    .addHelpText(
      'after',
      `
Example: from cron, repair what somebody changed by hand
  virt-shaper --quiet verify || virt-shaper sync --in-force`,
    );
  command('unload', 'take out everything virt-shaper put in, nothing else', async (context) =>
    (await import('../commands/unload.ts')).unloadCommand(context),
  ).addHelpText(
    'after',
    `
Off until somebody applies, loads or syncs by hand, or starts the service: no hook, timer or boot loads again.

Example: every guest at full speed for a while, then as before
  virt-shaper unload
  virt-shaper apply`,
  );
}
