// A program in a terminal of its own: script(1) makes the pseudo-terminal, a shell in it notes the terminal's modes
// before and after, and what it writes is kept. Keys go in as text.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface PtyOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** What the shell does when the program has stopped or ended; `$status` is how. */
  then?: string;
}

export class Pty {
  readonly #folder = mkdtempSync(join(tmpdir(), 'virt-shaper-pty-'));
  readonly #script: ChildProcess;
  /** All that came out of it so far. */
  output = '';

  constructor(command: string[], { columns = 80, rows = 24, env = {}, then = 'finish' }: PtyOptions = {}) {
    const file = (name: string) => quote(join(this.#folder, name));
    const note = (name: string) => `stty -a > ${file(name)}`;
    writeFileSync(
      join(this.#folder, 'session'),
      `tty > ${file('tty')}
      stty rows ${rows} cols ${columns}
      ${note('before')}
      finish() { ${note('after')}; echo $status > ${file('status')}; }
      set -m
      sh -c 'echo $$ > "$0"; exec "$@"' ${file('pid')} ${command.map(quote).join(' ')}
      status=$?
      ${then}\n`,
    );
    const session = `bash ${file('session')}`;
    this.#script = spawn('script', ['--quiet', '--command', session, '/dev/null'], {
      env: { PATH: process.env.PATH ?? '', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#script.stdout?.setEncoding('utf8').on('data', (text) => {
      this.output += text;
    });
    this.#script.stdin?.on('error', () => {});
  }

  /** Where the output is now, for `until`. */
  get mark(): number {
    return this.output.length;
  }

  type(keys: string): void {
    this.#script.stdin?.write(keys);
  }

  /** Until `what` is written, after `mark` if given. */
  async until(what: RegExp, mark = 0): Promise<void> {
    await eventually(`${what} in ${JSON.stringify(this.output.slice(mark).slice(-3000))}`, () =>
      what.test(this.output.slice(mark)),
    );
  }

  get pid(): number {
    return Number(this.read('pid'));
  }

  resize(columns: number, rows: number): void {
    spawnSync('stty', ['-F', this.read('tty').trim(), 'rows', `${rows}`, 'cols', `${columns}`]);
  }

  /** As when the window is closed. */
  hangUp(): void {
    this.#script.kill('SIGKILL');
  }

  /** Until the shell in it has ended. @returns the program's exit status, and the modes before and after it */
  async ended(): Promise<{ status: number; before: string; after: string }> {
    if (this.#script.exitCode === null) await once(this.#script, 'close');
    return { status: Number(this.read('status')), before: this.read('before'), after: this.read('after') };
  }

  remove(): void {
    if (this.#script.exitCode === null) this.hangUp();
    rmSync(this.#folder, { recursive: true });
  }

  read(name: string): string {
    const file = join(this.#folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }
}

/** @throws when it is not so within half a minute */
export async function eventually(what: string | (() => string), is: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (is()) return;
    await pause(50);
  }
  throw new Error(`never came: ${typeof what === 'string' ? what : what()}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
