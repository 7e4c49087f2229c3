// The commands that only read: what each guest may use and uses.
import type { Declare } from './declare.ts';

export function declareObserveCommands(command: Declare): void {
  command('status [names...]', 'show who has what and does what now', async (context, names, options) =>
    (await import('../commands/observe/status.ts')).statusCommand(context, names, options),
  )
    .option('--json', 'as data: bits per second, bytes')
    .option('--interval <seconds>', 'what "now" is taken over; 0 leaves it out (1)')
    .addHelpText(
      'after',
      `
NAME is a guest or a group, * and ? stand for any characters and for one.

Example: the members of a group, every two seconds
  watch virt-shaper status friends`,
    );
  command('tree [names...]', 'show each uplink with its groups and guests', async (context, names, options) =>
    (await import('../commands/observe/tree.ts')).treeCommand(context, names, options),
  )
    .option('--json', 'as data: bits per second, bytes')
    .option('--interval <seconds>', 'what "now" is taken over; 0 leaves it out (1)')
    .addHelpText(
      'after',
      `
NAME is a guest or a group, as for status.

Example: one group with its members; the names of all groups, with jq
  virt-shaper tree friends
  virt-shaper tree --json | jq -r '.uplinks[].out.groups[].group'`,
    );
  command('top', 'show live who uses what, and how much of it is left', async (context, _args, options) =>
    (await import('../commands/observe/top.ts')).topCommand(context, options),
  )
    .option('--interval <seconds>', 'time between two readings (1)')
    .option('--once', 'one frame as plain text; so it is where there is no terminal')
    .option('--json', 'one frame as data')
    .addHelpText(
      'after',
      `
On the screen, h shows the keys and q quits.

Example: who used most of their ceil in the last five seconds
  virt-shaper top --once --interval 5 | head`,
    );
  command(
    'explain <name>',
    "show where each of a guest's or group's values comes from, and what the kernel holds for it",
    async (context, [name = ''], options) =>
      (await import('../commands/observe/explain.ts')).explainCommand(context, name, options),
  )
    .option('--json', 'as data')
    .addHelpText(
      'after',
      `
Example: why a limit is not what was expected; -- before a name that begins with a dash
  virt-shaper explain cliff
  virt-shaper explain -- -x`,
    );
  command(
    'usage [args...]',
    'show who has used how much, by day and month; export and import it with a guest that moves',
    async (context, args, options) =>
      (await import('../commands/observe/usage.ts')).usageCommand(context, args, options),
  )
    .option('--group', 'groups, in place of guests')
    .option('--uplink', 'uplinks, with what belongs to no guest')
    .option('--month <month>', 'of this month, as 2026-11 (the running one)')
    .option('--since <day>', 'from this day on, as 2026-11-30')
    .option('--day', 'a line for each day')
    .option('--months', 'a line for each month')
    .option('--p95', 'with the 95th percentile of the averages over five minutes')
    .option('--json', 'as data: bytes, bits per second')
    .option('--csv', 'as CSV')
    .option('--html <file>', 'write a page with bars for each day; - prints it')
    .addHelpText(
      'after',
      `
usage NAME... shows guests, or all guests of a group; * and ? stand for any characters and for one.
usage export NAME FILE writes all that is known of a guest, usage import FILE takes it over; - is stdout and stdin.
usage count counts up to this moment, which the minute's sync does otherwise.

Example: what a month's invoices are made of; a page for a customer; a guest that moves to kvm2
  virt-shaper usage --month 2026-10 --p95 --csv
  virt-shaper usage cliff --month 2026-10 --html cliff.html
  virt-shaper usage export cliff - | ssh kvm2 virt-shaper usage import -`,
    );
  command('metrics', 'print counters, rates and faults for Prometheus', async (context, _args, options) =>
    (await import('../commands/observe/metrics.ts')).metricsCommand(context, options),
  )
    .option('--output <file>', 'write it there, whole or not at all, for the textfile collector')
    .addHelpText(
      'after',
      `
Example: for node_exporter, from a timer
  virt-shaper metrics --output /var/lib/virt-shaper/metrics/virt-shaper.prom`,
    );
}
