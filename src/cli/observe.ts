// Who has what: the commands that only look.
import type { Declare } from './declare.ts';

export function declareObserveCommands(command: Declare): void {
  command('tree', 'show each uplink with its groups and guests', async (context, _args, options) =>
    (await import('../commands/tree.ts')).treeCommand(context, options),
  )
    .option('--json', 'as data')
    .addHelpText(
      'after',
      `
Example: the names of the groups, with jq
  virt-shaper tree --json | jq -r '.[].trees.out.groups[].group.name'`,
    );
}
