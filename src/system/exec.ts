// The only door to a process. Never a shell: arguments are a list, input goes by stdin. The hook's PATH may
// lack the sbin folders in which tc, ip and nft live, and messages are read, so they come in English.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, type Options } from 'execa';
import { environment } from './environment.ts';
import { Failure } from './errors.ts';
import { isThere } from './files.ts';
import { dropScratch, openScratch, scratchWith, takeScratch } from './scratch.ts';

export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  /** An open file of this process that the child gets as its stdin, in place of `input`. */
  stdin?: number;
  /** An open file that it writes its stdout to, behind what is in it; the outcome then has none. */
  stdout?: number;
  /** Milliseconds, in place of the door's own. */
  timeout?: number;
}

/**
 * Runs to the end whatever the status.
 * @throws Failure when the command is not there, was killed, or had to be
 */
export type Run = (command: string, args: string[], options?: RunOptions) => Promise<Outcome>;

/** Which package has a command: Debian's name, then Fedora's where it differs. */
const packages: Record<string, string> = {
  nft: 'nftables',
  tc: 'iproute2 (Fedora: iproute-tc)',
  ip: 'iproute2 (Fedora: iproute)',
  flock: 'util-linux',
  unshare: 'util-linux',
  logger: 'bsdutils (Fedora: util-linux)',
};

/**
 * @param timeout milliseconds after which a command and all it started are killed
 * @param hold an open file that every child keeps open: the lock, which thus outlives us until the last
 *   command that we started has ended
 */
export function makeRun(door: { timeout?: number; hold?: number } = {}): Run {
  const run = makeRunOnce(door);
  return async (command, args, options) => {
    for (let pause = 5; ; pause *= 2) {
      const outcome = await run(command, args, options);
      // What is written to a file of the caller's may stand in it already, behind what was changed on the way to it.
      const isOnce = options?.stdout !== undefined;
      if (isOnce || !isTorn(outcome) || pause > longestPause) return outcome;
      await sleep(pause);
    }
  };
}

/** Milliseconds before the last of the questions that are asked again. */
const longestPause = 640;

/**
 * What ip and tc say, with status 0, of a listing during which somebody else has changed what is listed. Nothing that
 * changes something prints it, so it can be asked again.
 */
function isTorn({ stderr }: Outcome): boolean {
  return stderr.includes('Dump was interrupted and may be inconsistent');
}

function makeRunOnce({ timeout = 30_000, hold }: { timeout?: number; hold?: number }): Run {
  return async (command, args, options = {}) => {
    const name = [command, ...args].join(' ');
    const limit = options.timeout ?? timeout;
    const given = options.stdin === undefined ? inputFile(options.input) : undefined;
    const printed = [options.stdout === undefined ? openScratch() : undefined, openScratch()] as const;
    const child = execa(command, args, {
      reject: false,
      cwd: '/', // Ours may be gone.
      stripFinalNewline: false,
      // A process group of its own: Ctrl-C does not break a batch in the middle, a timeout ends all of it.
      detached: true,
      stdio: [
        options.stdin ?? given ?? 'pipe',
        options.stdout ?? printed[0] ?? 'pipe',
        printed[1] ?? 'pipe',
        ...(hold === undefined ? [] : [hold]),
      ],
      maxBuffer: 256 * 1024 * 1024,
      env: environment(),
      // The types know no open files but the standard ones.
    } as Options);
    // A command that has ended before it read all of its input is judged by its status, not by our broken pipe.
    child.stdin?.removeAllListeners('error').on('error', () => {});
    child.stdin?.end(options.input);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child.pid);
      // Whoever left the group and still holds the pipes is not waited for.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, limit);
    if (typeof given === 'number') dropScratch(given);
    // What could not be started has a code, of which the types know nothing; some of it rejects all the same.
    const result: Awaited<typeof child> & { code?: string } = await child.catch((error) => error);
    clearTimeout(timer);
    const stdout = printed[0] === undefined ? text(result.stdout) : takeScratch(printed[0]);
    const stderr = printed[1] === undefined ? text(result.stderr) : takeScratch(printed[1]);
    if (result.code === 'ENOENT') {
      throw new Failure(`${command} is not installed`, `install the package ${packages[command] ?? command}`);
    }
    if (result.code === 'EACCES') throw new Failure(`${command} cannot be run: no permission`);
    if (timedOut) throw new Failure(`${name} did not end within ${limit / 1000} s`);
    if (result.exitCode === undefined) {
      throw new Failure(
        `${name} was killed: ${result.signal ?? result.code}`,
        hintFor(command, result.signal),
      );
    }
    return { status: result.exitCode, stdout, stderr };
  };
}

/**
 * nft 1.0.6 ends like this, whatever it is asked, while a table is loaded whose maps nft 1.1 has made; so all it could
 * still do is to flush everything.
 */
function hintFor(command: string, signal: string | undefined): string | undefined {
  if (command !== 'nft' || signal !== 'SIGSEGV') return undefined;
  return 'an older nft crashes on what a newer one has loaded: use the newer, or take all tables out (nft flush ruleset)';
}

/** Whether a command is installed that does not need to be. */
export function hasTool(command: string): boolean {
  return environment()
    .PATH.split(':')
    .some((folder) => folder !== '' && isThere(join(folder, command)));
}

/** @returns nothing where there is no such file, and a pipe has to do */
function inputFile(input = ''): number | 'ignore' | undefined {
  return input === '' ? 'ignore' : scratchWith(input);
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

/** Starts a process that goes on when this one ends, with nothing of its terminal. */
export function startDetached(command: string, args: string[]): void {
  execa(command, args, { detached: true, stdio: 'ignore', cleanup: false, reject: false }).unref();
}

function text(output: unknown): string {
  return typeof output === 'string' ? output : '';
}
