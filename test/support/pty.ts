// A program in a terminal of its own: script(1) makes the pseudo-terminal, a shell in it notes the terminal's modes
// before and after, and what it writes is kept. Keys go in as text.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface PtyOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** What the shell does when the program has stopped or ended; `$status` is how. */
  afterwards?: string;
}

export class Pty {
  readonly #folder = mkdtempSync(join(tmpdir(), 'virt-shaper-pty-'));
  readonly #script: ChildProcess;
  /** All that came out of it so far. */
  output = '';

  constructor(
    command: string[],
    { columns = 80, rows = 24, env = {}, afterwards = 'finish' }: PtyOptions = {},
  ) {
    const file = (name: string) => quote(join(this.#folder, name));
    const note = (name: string) => `stty -g > ${file(name)}`;
    writeFileSync(
      join(this.#folder, 'session'),
      `tty > ${file('tty')}
      stty rows ${rows} cols ${columns}
      ${note('before')}
      finish() { ${note('after')}; echo $status > ${file('status')}; }
      set -m
      sh -c 'echo $$ > "$0"; exec "$@"' ${file('pid')} ${command.map(quote).join(' ')}
      status=$?
      ${afterwards}\n`,
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

  type(keys: string): void {
    this.#script.stdin?.write(keys);
  }

  /** What a person sees now, a line each. */
  get screen(): string[] {
    return screenOf(this.output);
  }

  /** Until the screen, its lines joined, looks like that. */
  async until(look: RegExp): Promise<void> {
    const shown = () => this.screen.join('\n');
    await eventually(
      () => `${look} on\n${shown()}`,
      () => look.test(shown()),
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
    await eventually('its end', () => this.#script.exitCode !== null);
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

const esc = '\u001b';
const sequence = new RegExp(`${esc}\\[([?\\d;]*)([A-Za-z])`);

/** As much of a terminal as full-screen programs that write line by line need. */
function screenOf(output: string): string[] {
  let lines: string[] = [];
  let [row, column] = [0, 0];
  const parts = output.split(sequence);
  for (let at = 0; at < parts.length; at += 3) {
    const [text = '', given = '', kind] = parts.slice(at, at + 3);
    for (const character of text) {
      if (character === '\r') column = 0;
      else if (character === '\n') row += 1;
      else {
        const line = (lines[row] ?? '').padEnd(column);
        lines[row] = line.slice(0, column) + character + line.slice(column + 1);
        column += 1;
      }
    }
    const [first = 1, second = 1] = given.split(';').map((number) => Number(number) || 1);
    if (kind === 'H') [row, column] = [first - 1, second - 1];
    if (kind === 'G') column = first - 1;
    if (kind === 'K') lines[row] = (lines[row] ?? '').slice(0, column);
    if (kind === 'J' || given === '?1049') lines = [];
  }
  return Array.from(lines, (line = '') => line.trimEnd());
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
