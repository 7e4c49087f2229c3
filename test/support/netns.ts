// Network namespaces for the lab: real devices on a real kernel, and nothing left behind. What removes them
// hangs on this process's own exit, the one thing that a normal end, an error and a signal have in common,
// and is synchronous, as an exit handler must be; so is adding them, so that no signal falls between
// making a namespace and noting it. Only SIGKILL leaves them standing.
import { constants } from 'node:os';
import { execa, execaSync } from 'execa';
import { emulated } from './patience.ts';

const patient = emulated ? 900_000 : 30_000;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndingSignal = (typeof signals)[number];

export interface RunOptions {
  input?: string;
  cwd?: string;
  /** The whole environment of the command; without it, this process's. */
  env?: Record<string, string>;
  /** Milliseconds after which the command is killed; 30 s unless told, and much more where the CPU is emulated. */
  timeout?: number;
  /** Kills the command. */
  signal?: AbortSignal;
}

export interface Outcome {
  /** Absent when a signal ended the command. */
  status?: number;
  stdout: string;
  stderr: string;
}

/** A command that is running; `ended` never rejects. */
export interface Running {
  pid: number | undefined;
  ended: Promise<Outcome>;
  kill: () => void;
}

export class Namespaces {
  static #instances = 0;
  readonly #prefix = `vs${process.pid}-${Namespaces.#instances++}-`;
  readonly #names: string[] = [];
  readonly #commands = new Set<number>();
  readonly #atExit = () => this.remove();
  readonly #atSignal = (signal: EndingSignal) => {
    const first = !this.#signalled;
    this.#signalled = true;
    if (first && this.onSignal) this.onSignal(signal);
    else process.exit(128 + constants.signals[signal]);
  };
  #signalled = false;

  /** @param onSignal what to do at the first signal, in place of ending; the second always ends this process */
  constructor(private readonly onSignal?: (signal: EndingSignal) => void) {
    process.once('exit', this.#atExit);
    for (const signal of signals) process.on(signal, this.#atSignal);
  }

  /** @throws when this user or kernel cannot make one */
  add(label: string): Namespace {
    const name = this.#prefix + label;
    this.#names.push(name);
    execaSync('ip', ['netns', 'add', name]);
    const space = new Namespace(name, this.#commands);
    execaSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    return space;
  }

  /** Kills what still runs in the namespaces and removes them, their devices with them. */
  remove(): void {
    for (const pid of this.#commands) killGroup(pid);
    for (const name of this.#names.splice(0)) execaSync('ip', ['netns', 'del', name], { reject: false });
    process.off('exit', this.#atExit);
    for (const signal of signals) process.off(signal, this.#atSignal);
  }
}

export class Namespace {
  constructor(
    readonly name: string,
    private readonly commands: Set<number>,
  ) {}

  /** In a process group of its own: Ctrl-C at the terminal is this process's to handle, not the command's. */
  start(
    command: string,
    args: string[],
    { signal, env, timeout = patient, ...rest }: RunOptions = {},
  ): Running {
    const child = execa('ip', ['netns', 'exec', this.name, command, ...args], {
      ...rest,
      ...(env ? { env, extendEnv: false } : {}),
      ...(signal ? { signal } : {}),
      timeout,
      killSignal: 'SIGKILL',
      detached: true,
      reject: false,
      stripFinalNewline: false,
    });
    const { pid } = child;
    if (pid) this.commands.add(pid);
    const ended = child.then((result: Awaited<typeof child> & { shortMessage?: string }) => {
      const { exitCode, stdout, stderr, shortMessage } = result;
      if (pid) this.commands.delete(pid);
      if (exitCode === undefined) return { stdout, stderr: stderr || (shortMessage ?? '') };
      return { status: exitCode, stdout, stderr };
    });
    const kill = () => {
      if (pid && this.commands.has(pid)) killGroup(pid);
    };
    return { pid, ended, kill };
  }

  /** @throws when the command fails, with what it said */
  async run(command: string, args: string[], options?: RunOptions): Promise<string> {
    const { status, stdout, stderr } = await this.start(command, args, options).ended;
    if (status === 0) return stdout;
    throw new Error(`${command} ${args.join(' ')}: ${stderr.trim() || `exit status ${status}`}`);
  }

  /** Several `ip` commands at once, e.g. 'link set br0 up'. */
  async ip(...commands: string[]): Promise<void> {
    await this.run('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
  }

  async bridge(name: string): Promise<void> {
    await this.ip(`link add ${name} type bridge`, `link set ${name} up`);
  }

  /** A cable from a device here, a port of `bridge` if given, to one in another namespace; both ends up. */
  async cable(device: string, to: Namespace, end: string, bridge?: string): Promise<void> {
    await this.ip(`link add ${device} type veth peer name ${end} netns ${to.name}`);
    await to.ip(`link set ${end} up`);
    await this.ip(`link set ${device} ${bridge ? `master ${bridge} ` : ''}up`);
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
