// The commands that render the configuration and put it in force, from the configuration to the kernel.
import type { Context } from '../operations/context.ts';
import type { Declare } from './declare.ts';

export function declarePolicyCommands(command: Declare): void {
  command(
    'check',
    'read the configuration, report every problem, show what each guest would have',
    async (context, _args, options) =>
      (await import('../commands/policy/check.ts')).checkCommand(context, options),
  )
    .option('--json', 'as data: bits per second')
    .addHelpText(
      'after',
      `
Example: try a changed file before it counts
  virt-shaper check --config ./config.toml`,
    );
  command(
    'set <name> <settings...>',
    'write values of a guest, pattern or group to a file of their own, checked before they are written',
    async (context, args, options) =>
      thenLoad(
        context,
        options,
        await (await import('../commands/policy/set.ts')).setCommand(context, args, options),
      ),
  )
    .option('--group', 'NAME is a group')
    .option('--load', 'apply the configuration then')
    .addHelpText(
      'after',
      `
SETTINGS are pairs of a key and its value, as ceil 50mbit. They are written to config.d/50-set.toml.

Example: another ceil, in both directions and in one; a group's, at once
  virt-shaper set cliff ceil 50mbit
  virt-shaper set cliff ceil.out 20mbit rate 10mbit
  virt-shaper set --group friends ceil 100mbit --load`,
    );
  command(
    'unset <name> [keys...]',
    'take values that set has written away again, or all of them',
    async (context, args, options) =>
      thenLoad(
        context,
        options,
        await (await import('../commands/policy/set.ts')).unsetCommand(context, args, options),
      ),
  )
    .option('--group', 'NAME is a group')
    .option('--load', 'apply the configuration then')
    .addHelpText(
      'after',
      `
Example: what config.toml says of it counts again
  virt-shaper unset cliff ceil`,
    );
  command(
    'apply',
    'check, find the running guests, render, say what changes for whom, and load',
    async (context, _args, options) =>
      (await import('../commands/policy/apply.ts')).applyCommand(context, options),
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
  command(
    'render',
    'write rules.d from the configuration, for the guests that it was told of',
    async (context) => (await import('../commands/policy/render.ts')).renderCommand(context),
  ).addHelpText(
    'after',
    `
Example: read what would be loaded before it is
  virt-shaper render && less /var/lib/virt-shaper/rules.d/shape.tc`,
  );
  command('load', 'make the kernel hold what rules.d says, all or nothing', async (context, _args, options) =>
    (await import('../commands/policy/load.ts')).loadCommand(context, options),
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
    async (context) => (await import('../commands/policy/confirm.ts')).confirmCommand(context),
  ).addHelpText(
    'after',
    `
Example: from a second terminal, which the new policy let in
  virt-shaper confirm`,
  );
  command(
    'plan',
    'show what load would change, and for whom (status 3 if anything)',
    async (context, _args, options) =>
      (await import('../commands/policy/plan.ts')).planCommand(context, options),
  )
    .option('--json', 'as data')
    .option('--commands', 'the nft, tc and ip lines that load would run')
    .option('--at <moment>', 'what sync would change then: "2026-12-24 20:00", or 20:00')
    .addHelpText(
      'after',
      `
Example: look before a change counts; what tonight will be like
  virt-shaper render && virt-shaper plan
  virt-shaper plan --at 20:00`,
    );
  command(
    'verify',
    'compare the kernel with what was loaded (status 3 on drift)',
    async (context, _args, options) =>
      (await import('../commands/policy/verify.ts')).verifyCommand(context, options),
  )
    .option('--json', 'as data')
    .addHelpText(
      'after',
      `
Example: from cron, repair what somebody changed by hand
  virt-shaper --quiet verify || virt-shaper sync --in-force`,
    );
  command(
    'limit <name>',
    'give a guest, a group or what no guest owns another rate or ceil for now',
    async (context, [name = ''], options) =>
      (await import('../commands/policy/limit.ts')).limitCommand(context, name, options),
  )
    .option('--ceil <rate>', 'the most that it may reach')
    .option('--rate <rate>', 'what it is guaranteed')
    .option('--out [rate]', 'only what it sends; with a rate, the ceil of that')
    .option('--in [rate]', 'only what it receives; with a rate, the ceil of that')
    .option('--for <time>', 'how long: 30min, 2h, 3d; without end until it is lifted')
    .option('--until <moment>', 'when it ends: "2026-12-24 20:00", or 20:00 when that comes next')
    .option('--why <text>', 'for those who read virt-shaper limits')
    .option('--group', 'NAME is a group')
    .option('--unmarked', 'NAME is an uplink, and what no guest owns there is meant')
    .option('--lift', 'take back all that was set for NAME')
    .addHelpText(
      'after',
      `
At once, without a packet lost; over reboots and other configurations, until it ends or is lifted.

Example: two hours of 5 mbit, and back before that
  virt-shaper limit cliff --ceil 5mbit --for 2h --why "abuse report 4711"
  virt-shaper limit cliff --lift`,
    );
  command('limits', 'show what was set so, by whom, until when and why', async (context, _args, options) =>
    (await import('../commands/policy/limits.ts')).limitsCommand(context, options),
  )
    .option('--json', 'as data: bits per second')
    .addHelpText(
      'after',
      `
Example: what has no end
  virt-shaper limits --json | jq '.limits[] | select(.until == null)'`,
    );
  command('unload', 'take out everything virt-shaper put in, nothing else', async (context) =>
    (await import('../commands/policy/unload.ts')).unloadCommand(context),
  ).addHelpText(
    'after',
    `
Off until somebody applies, loads or syncs by hand, or starts the service: no hook, timer or boot loads again.

Example: every guest at full speed for a while, then as before
  virt-shaper unload
  virt-shaper apply`,
  );
}

async function thenLoad(context: Context, options: Record<string, unknown>, status: number): Promise<number> {
  if (!options.load || status !== 0) return status;
  return (await import('../commands/policy/apply.ts')).applyCommand(context, {});
}
