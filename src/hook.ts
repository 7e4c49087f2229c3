// What libvirt's hook runs: the one command, without the others, since a guest's start waits until all of it is loaded.
import { hookLine } from './cli/hook-line.ts';
import { run } from './cli/run.ts';
import { hookCommand } from './commands/host/hook.ts';
import { makeContext } from './operations/context.ts';

const shaped = run(
  async () => {
    // launch.ts runs this file for such a line only.
    const { options, args } = hookLine(process.argv.slice(2)) ?? { options: {}, args: [] };
    process.exitCode = await hookCommand(makeContext(options), args);
  },
  { isSilent: true },
);
// What it has said is written by then, so V8's heap need not be taken down piece by piece while libvirt waits.
void shaped.then(() => process.exit());
