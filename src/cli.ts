// argv -> command; sets the exit status; nothing else.
import { CommanderError } from 'commander';
import { makeProgram } from './cli/program.ts';
import { run } from './cli/run.ts';

/** Looked for by itself: what fails may be the reading of the options. */
const isVerbose = process.argv.some((arg) => /^(-[a-z]*v[a-z]*|--verbose)$/.test(arg));

// Not waited for: a script that V8 keeps compiled (launch.ts) cannot wait at its top.
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
