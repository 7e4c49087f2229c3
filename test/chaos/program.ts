// virt-shaper as this test calls it. What only looks runs in this process, from the source, since a look by every view
// at every moment would else be seven starts of Node.js; what changes something is the built program, as users have it.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeProgram } from '../../src/cli/program.ts';
import { describeError } from '../../src/report/errors.ts';
import { ConfigError } from '../../src/system/errors.ts';
import { program, type Result } from '../kernel/host.ts';

export interface RunOptions {
  input?: string;
  /** Looked at first for nft, tc and ip. */
  folder?: string;
  /** Milliseconds after which it is killed. */
  kill?: number;
}

export class Program {
  /** Seconds by which its clock is ahead of the machine's. */
  ahead = 0;
  private readonly clock: string;

  constructor(private readonly root: string) {
    this.clock = join(root, 'clock.cjs');
    writeFileSync(
      this.clock,
      `const { now } = Date, ahead = Number(process.env.CLOCK_AHEAD) * 1000, Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) { if (given.length > 0) super(...given); else super(now() + ahead); }
  static now() { return now() + ahead; }
};\n`,
    );
  }

  /** The built program, with the environment that libvirt gives a hook. */
  run(args: string[], { input = '', folder, kill }: RunOptions = {}): Result {
    const clock = this.ahead === 0 ? {} : { CLOCK_AHEAD: String(this.ahead) };
    const preload = this.ahead === 0 ? [] : ['--require', this.clock];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...preload, program, '--root', this.root, ...args],
      {
        input,
        encoding: 'utf8',
        cwd: '/',
        env: { PATH: `${folder ? `${folder}:` : ''}${process.env.PATH}`, LC_ALL: 'C', ...clock },
        ...(kill === undefined ? {} : { timeout: kill, killSignal: 'SIGKILL' }),
      },
    );
    return { status, stdout, stderr };
  }

  /** Several at once, as they come. @param input of each */
  runAll(calls: string[][], input: string): void {
    const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
    const lines = calls.map((args) =>
      [process.execPath, program, '--root', this.root, ...args].map(quoted).join(' '),
    );
    const script = `${lines.map((line) => `${line} <"$0" >/dev/null 2>&1 &`).join('\n')}\nwait`;
    const file = join(this.root, 'input.xml');
    writeFileSync(file, input);
    spawnSync('sh', ['-c', script, file], { env: { PATH: `${process.env.PATH}`, LC_ALL: 'C' }, cwd: '/' });
  }

  /** The same from the source, in this process; one at a time. */
  async look(args: string[]): Promise<Result> {
    const said = { stdout: '', stderr: '' };
    const real = { stdout: process.stdout.write, stderr: process.stderr.write, Date: globalThis.Date };
    const catching = (name: keyof typeof said) =>
      ((text: string | Uint8Array) => {
        said[name] += text;
        return true;
      }) as typeof process.stdout.write;
    const former = process.exitCode;
    process.exitCode = undefined;
    process.stdout.write = catching('stdout');
    process.stderr.write = catching('stderr');
    if (this.ahead !== 0) globalThis.Date = later(real.Date, this.ahead * 1000);
    try {
      await makeProgram().parseAsync(['node', 'virt-shaper', '--root', this.root, ...args]);
      return { status: Number(process.exitCode ?? 0), ...said };
    } catch (error) {
      return {
        status: error instanceof ConfigError ? 2 : 1,
        stdout: said.stdout,
        stderr: said.stderr + describeError(error),
      };
    } finally {
      process.stdout.write = real.stdout;
      process.stderr.write = real.stderr;
      globalThis.Date = real.Date;
      process.exitCode = former;
    }
  }
}

function later(Real: DateConstructor, ahead: number): DateConstructor {
  return class extends Real {
    constructor(...given: [] | [number]) {
      if (given.length > 0) super(...(given as [number]));
      else super(Real.now() + ahead);
    }
    static override now(): number {
      return Real.now() + ahead;
    }
  } as DateConstructor;
}
