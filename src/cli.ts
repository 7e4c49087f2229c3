// The entry point of the program with all commands: turns argv into a command and an exit status, and does nothing else.
import { CommanderError } from 'commander';
import { makeProgram } from './cli/program.ts';
import { run } from './cli/run.ts';

/** Found without commander, since the failure may be commander's, at the options. */
const isVerbose = process.argv.some((arg) => /^(-[a-z]*v[a-z]*|--verbose)$/.test(arg));

// No top-level await: launch.ts runs this as a script, not as a module, so that V8's compiled code can be cached.
void run(
  async () => {
    try {
      await makeProgram().parseAsync();
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    }
  },
  { isVerbose },
);
