// What both programs, the one of all commands and the one of the hook, have in common: how errors are printed, and what
// becomes of a stdout or a stderr that nobody reads any more.
import { describeError } from '../report/errors.ts';
import { ConfigError } from '../system/errors.ts';
import { clearProgress, speak } from '../system/speak.ts';

/** @param work sets the exit status; of what it throws 1 failed, 2 wrong usage or configuration is made */
export async function run(work: () => Promise<void>, isVerbose = false): Promise<void> {
  let unwritten = false;
  // Node.js 18 throws, out of the midst of whoever writes to a full disk, what later ones report as the stream's error.
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream._write;
    stream._write = (chunk, encoding, done) => {
      try {
        write.call(stream, chunk, encoding, done);
      } catch (error) {
        done(error as Error);
      }
    };
  }
  // `virt-shaper tree | head`: whoever reads has had enough, which is no failure; a full disk is.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || unwritten) return;
    unwritten = true;
    process.exitCode = 1;
    speak('error', `virt-shaper: stdout cannot be written: ${error.message}`);
  });
  // A closed stderr must not abort a running load: a guest's start may wait for it.
  process.stderr.on('error', () => {});

  try {
    await work();
  } catch (error) {
    speak('error', describeError(error, isVerbose));
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
  if (unwritten) process.exitCode = 1;
  clearProgress();
}
