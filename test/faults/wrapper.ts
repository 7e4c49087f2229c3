// The faults, and the wrapper in front of nft, tc and ip that makes them (wrapper.sh).
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What happens at the one call that it happens to. `lines`: with some lines of a batch done, and no more. */
export const faults = {
  'fail-before': 'fails before it does anything',
  'fail-after': 'does it and fails',
  'warn-after': 'does it and prints a warning',
  'fail-line': 'fails at a line of its batch',
  'hang-before': 'hangs before it does anything',
  'hang-after': 'does it and hangs',
  'die-before': 'is killed before it does anything',
  'die-after': 'does it and is killed',
  'die-line': 'is killed at a line of its batch',
  'fail-on': 'fails, and so does every call after it',
  'kill-before': 'virt-shaper is killed before the call',
  'kill-after': 'virt-shaper is killed after the call',
  'kill-line': 'virt-shaper and the call are killed at a line of its batch',
  orphan: 'virt-shaper is killed, the call goes on beside the next load',
  vanish: 'a tap vanishes before the call',
} as const;

export type FaultKind = keyof typeof faults;

export interface Fault {
  kind: FaultKind;
  /** Number of the call, from 1. */
  at: number;
  /** Lines of the batch that are done. */
  line?: number;
  tap?: string;
}

export interface Call {
  tool: string;
  args: string;
  /** Lines of its batch. */
  lines: number;
}

export class Wrapper {
  /** For PATH. */
  readonly folder: string;

  constructor(root: string) {
    this.folder = join(root, 'wrap');
    mkdirSync(this.folder);
    for (const tool of ['nft', 'tc', 'ip']) {
      copyFileSync(fileURLToPath(new URL('wrapper.sh', import.meta.url)), join(this.folder, tool));
      chmodSync(join(this.folder, tool), 0o755);
    }
    execFileSync('mkfifo', [join(this.folder, 'shown'), join(this.folder, 'seen')]);
  }

  /** Counts from 1 again. */
  plan(fault: Fault | 'trace' | 'none'): void {
    rmSync(join(this.folder, 'calls'), { recursive: true, force: true });
    mkdirSync(join(this.folder, 'calls'));
    const { kind, at, line = 0, tap = '' } = typeof fault === 'string' ? { kind: fault, at: 0 } : fault;
    const words = { fault: kind, at, line, tap, ...real };
    const text = Object.entries(words).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(this.folder, 'plan'), text.join(''));
  }

  calls(): Call[] {
    const folder = join(this.folder, 'calls');
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .sort((a, b) => Number(a) - Number(b))
      .map((name) => {
        const [first = '', lines = '0'] = readFileSync(join(folder, name), 'utf8').split('\n');
        const [tool = '', ...args] = first.split(' ');
        return { tool, args: args.join(' '), lines: Number(lines) };
      });
  }
}

const real = Object.fromEntries(
  ['nft', 'tc', 'ip'].map((tool) => [
    `real_${tool}`,
    execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${tool}`], { encoding: 'utf8' }).trim(),
  ]),
);
