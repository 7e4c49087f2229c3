// Runs a command, for both programs, the one with all commands and that of the hook: prints errors, sets the exit status,
// and handles a stdout or stderr that cannot be written.
import { describeError } from '../report/errors.ts';
import { ConfigError } from '../system/errors.ts';
import { clearProgress, guard, guardedStderr, speak } from '../system/speak.ts';

/**
 * @param work sets the exit status; where it throws, the status is 2 for a wrong configuration and 1 for anything else
 * @param isSilent whether it writes to stdout never, and to stderr by speak.ts only, so that no stream has to be made
 */
export async function run(
  work: () => Promise<void>,
  { isVerbose = false, isSilent = false } = {},
): Promise<void> {
  let unwritten = false;
  // A reader that has closed the pipe, as in `virt-shaper tree | head`, is no failure; a full disk is one.
  const fail = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || unwritten) return;
    unwritten = true;
    process.exitCode = 1;
    speak('error', `virt-shaper: stdout cannot be written: ${error.message}`);
  };
  if (!isSilent) {
    guard(process.stdout, fail);
    guardedStderr(); // Node.js and libraries write to it as well.
  }

  try {
    await work();
  } catch (error) {
    speak('error', describeError(error, isVerbose));
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
  if (unwritten) process.exitCode = 1;
  clearProgress();
}
