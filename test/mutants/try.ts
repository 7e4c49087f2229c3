// One mutant in a copy of this checkout: its tests are run, the quick ones first, until one of them fails.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './operators.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const parts = [
  'src',
  'test',
  'templates',
  'build',
  'man',
  'packaging',
  'docs',
  'package.json',
  'tsconfig.json',
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
];

export interface Tests {
  /** Words for test/support/quick.ts; none at all leaves it out, an empty list means all. */
  quick?: string[];
  /** Files below test/kernel. */
  kernel?: string[];
  /** Whether the types may refuse it. */
  typed?: boolean;
}

export type Outcome = { killed: true; by: string } | { killed: false } | { refused: true } | { gone: string };

export class Copy {
  readonly folder = mkdtempSync(join(tmpdir(), 'virt-shaper-mutants-'));
  private built = '';

  constructor() {
    for (const part of parts) cpSync(join(root, part), join(this.folder, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** @returns the files below src that have this text */
  find(text: string): string[] {
    const files = readdirSync(join(this.folder, 'src'), { recursive: true, encoding: 'utf8' });
    return files.filter(
      (file) => file.endsWith('.ts') && readFileSync(join(this.folder, 'src', file), 'utf8').includes(text),
    );
  }

  async try(
    { from, to }: Mutant,
    { quick, kernel = [], typed = false }: Tests,
    log: (text: string) => void,
  ): Promise<Outcome> {
    const [file, ...more] = this.find(from);
    if (!file) return { gone: 'no file below src has this text' };
    if (more.length > 0) return { gone: `more than one file has this text: ${[file, ...more].join(', ')}` };
    const path = join(this.folder, 'src', file);
    const text = readFileSync(path, 'utf8');
    if (text.indexOf(from) !== text.lastIndexOf(from)) return { gone: `${file} has this text twice` };
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    try {
      if (
        quick &&
        !(await this.passes(['node', '--import', 'tsx', 'test/support/quick.ts', '--bail', ...quick], log))
      )
        return { killed: true, by: 'quick' };
      if (typed && !(await this.compiles())) return { refused: true };
      for (const name of kernel) {
        await this.build(from + to);
        const command = [
          'sh',
          'test/support/netns.sh',
          'node',
          '--import',
          'tsx',
          `test/kernel/${name}.test.ts`,
        ];
        if (!(await this.passes(command, log))) return { killed: true, by: `kernel/${name}` };
      }
      return { killed: false };
    } finally {
      writeFileSync(path, text);
    }
  }

  compiles(): Promise<boolean> {
    return this.passes(['node_modules/.bin/tsc', '--noEmit'], () => {});
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Tests of processes of their own run the bundle. */
  private async build(mutant: string): Promise<void> {
    if (this.built === mutant) return;
    await this.passes(['node', 'build/build.js'], () => {});
    this.built = mutant;
  }

  /** Ends at the first test that fails, or after some minutes: one that hangs is killed too. */
  private passes(command: string[], log: (text: string) => void): Promise<boolean> {
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      cwd: this.folder,
      detached: true,
      env: { ...process.env, NO_COLOR: '1' },
    });
    return new Promise((done) => {
      const end = () => {
        try {
          if (child.pid) process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
      };
      const timer = setTimeout(end, 300_000);
      let failed = false;
      const hear = (chunk: Buffer) => {
        log(chunk.toString());
        if (!chunk.includes('✘')) return;
        failed = true;
        end();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (status) => {
        clearTimeout(timer);
        done(status === 0 && !failed);
      });
    });
  }
}
