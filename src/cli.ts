// argv -> command; prints errors; sets the exit status; nothing else.
import { CommanderError } from 'commander';
import { makeProgram } from './cli/program.ts';
import { describeError } from './report/errors.ts';
import { ConfigError } from './system/errors.ts';
import { clearProgress, speak } from './system/speak.ts';

/** Looked for by itself: what fails may be the reading of the options. */
const isVerbose = process.argv.some((arg) => /^(-[a-z]*v[a-z]*|--verbose)$/.test(arg));

/** 1 failed, 2 wrong usage or configuration. */
function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  speak('error', describeError(error, isVerbose));
  return error instanceof ConfigError ? 2 : 1;
}

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
let unwritten = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || unwritten) return;
  unwritten = true;
  process.exitCode = 1;
  speak('error', `virt-shaper: stdout cannot be written: ${error.message}`);
});

// A closed stderr must not abort a running load: a guest's start may wait for it.
process.stderr.on('error', () => {});

/** A function, because a script that V8 keeps compiled (launch.ts) cannot wait at its top. */
async function main(): Promise<void> {
  try {
    await makeProgram().parseAsync();
  } catch (error) {
    process.exitCode = exitStatus(error);
  }
  if (unwritten) process.exitCode = 1;
  clearProgress();
}

void main();
