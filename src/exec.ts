// The only door to a process. Never a shell: arguments are a list, input goes by stdin. The hook's PATH may
// lack the sbin folders in which tc, ip and nft live, and messages are read, so they come in English.
import { execa } from 'execa';
import { Failure } from './errors.ts';

export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  /** Milliseconds after which the process is ended; 30 s unless told. */
  timeout?: number;
  /** An open file of this process that the child gets as its stdin, in place of `input`. */
  stdin?: number;
}

/** Which package has a command: Debian's name, then Fedora's where it differs. */
const packages: Record<string, string> = {
  nft: 'nftables',
  tc: 'iproute2 (Fedora: iproute-tc)',
  ip: 'iproute2 (Fedora: iproute)',
  flock: 'util-linux',
  unshare: 'util-linux',
};

/**
 * Runs to the end whatever the status.
 * @throws Failure when the command is not there, or did not end by itself
 */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  const timeout = options.timeout ?? 30_000;
  const result = await execa(command, args, {
    reject: false,
    stripFinalNewline: false,
    // Any open file will do; the type knows only the standard ones.
    ...(options.stdin === undefined ? { input: options.input ?? '' } : { stdin: options.stdin as 0 }),
    timeout,
    maxBuffer: 256 * 1024 * 1024,
    env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' },
  });
  if (result.code === 'ENOENT') {
    throw new Failure(`${command} is not installed`, `install the package ${packages[command] ?? command}`);
  }
  if (result.timedOut)
    throw new Failure(`${command} ${args.join(' ')} did not end within ${timeout / 1000} s`);
  if (result.exitCode === undefined)
    throw new Failure(`${command} ${args.join(' ')}: ${result.shortMessage}`);
  return { status: result.exitCode, stdout: text(result.stdout), stderr: text(result.stderr) };
}

function text(output: unknown): string {
  return typeof output === 'string' ? output : '';
}
