// What both programs, the one of all commands and the one of the hook, have in common: how errors are printed, and what
// becomes of a stdout or a stderr that nobody reads any more.
import { describeError } from '../report/errors.ts';
import { ConfigError } from '../system/errors.ts';
import { clearProgress, guard, guardedStderr, speak } from '../system/speak.ts';

/**
 * @param work sets the exit status; of what it throws 1 failed, 2 wrong usage or configuration is made
 * @param isSilent whether it prints nothing, and says what it says by speak.ts: no stream need be made for it
 */
export async function run(
  work: () => Promise<void>,
  { isVerbose = false, isSilent = false } = {},
): Promise<void> {
  let unwritten = false;
  // `virt-shaper tree | head`: whoever reads has had enough, which is no failure; a full disk is.
  const fail = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || unwritten) return;
    unwritten = true;
    process.exitCode = 1;
    speak('error', `virt-shaper: stdout cannot be written: ${error.message}`);
  };
  if (!isSilent) {
    guard(process.stdout, fail);
    guardedStderr(); // Others write to it, too.
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
