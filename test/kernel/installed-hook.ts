// The file that libvirt runs, installed on a test's host, and called as libvirt calls it: the guest's XML on stdin, PATH and
// LC_ALL as all of its environment. A shell in front of the program counts how often Node.js begins.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeHookCommand } from '../../src/hooks/hook-file.ts';
import { hookText } from '../../src/hooks/hook-script.ts';
import { makePaths } from '../../src/store/paths.ts';
import { slowness } from '../support/patience.ts';
import { domainXml, program, sh, type TestHost } from './host.ts';

export interface Ended {
  name: string;
  status: number | null;
  stderr: string;
}

export interface CallOptions {
  /** Its one tap, on br0. */
  tap?: string;
  xml?: string;
  /** Is told the shell's process before it ends. */
  whom?: (shell: ChildProcess) => void;
}

export class InstalledHook {
  readonly file: string;
  /** The folder in which calls wait to be done together. */
  readonly calls: string;

  constructor(readonly host: TestHost) {
    const paths = makePaths({ root: host.root });
    this.file = join(host.root, 'qemu');
    this.calls = paths.hookCalls;
    this.#write(
      'counted',
      `#!/bin/sh\necho begun >>${host.root}/starts\nexec ${process.execPath} ${program} "$@"\n`,
    );
    this.#write('qemu', hookText('qemu', makeHookCommand([join(host.root, 'counted')], paths)));
  }

  /** @param text a shell script that runs in the program's place */
  replaceProgram(text: string): void {
    this.#write('counted', `#!/bin/sh\n${text}\nexec ${process.execPath} ${program} "$@"\n`);
  }

  /** How often Node.js was begun so far. */
  begun(): number {
    return this.host.exists('starts') ? this.host.read('starts').length / 'begun\n'.length : 0;
  }

  async call(name: string, operation: string, options: CallOptions = {}): Promise<Ended> {
    const { tap = tapOf(name), xml = domainXml(name, { [tap]: 'br0' }), whom } = options;
    const child = spawn(this.file, [name, operation, 'begin', '-'], {
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    });
    whom?.(child);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.stdin.on('error', () => {}).end(xml); // What ends by itself reads nothing.
    const [status] = await once(child, 'close');
    return { name, status, stderr: stderr.replace(/^logger: .*\n/gm, '') };
  }

  /** Until all has ended that was done in the background. */
  async idle(): Promise<void> {
    const works = () =>
      processes().some((pid) => pid !== process.pid && commandLine(pid).includes(this.host.root));
    for (let tries = 0; works(); tries += 1) {
      if (tries > 1000 * slowness) throw new Error('what a hook has left to the background does not end');
      await sleep(50);
    }
  }

  #write(file: string, text: string): void {
    this.host.write(file, text);
    chmodSync(join(this.host.root, file), 0o755);
  }
}

/** Of this namespace. */
export function processes(): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map(Number);
}

/** Its words, each with a NUL behind it; nothing of one that has just ended. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Of the n-th guest, whose name ends with its number. */
export function tapOf(name: string): string {
  return `vnet${/\d*$/.exec(name)?.[0]}`;
}

export function isShaped(tap: string): boolean {
  return sh(`tc filter show dev ${tap} egress 2>&1 || :`).includes('ifb-eth0');
}

/** A call of which libvirt hears nothing but that it is over. */
export function well(name: string): Ended {
  return { name, status: 0, stderr: '' };
}
