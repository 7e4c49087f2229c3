// One virt-shaper at a time changes the kernel: hooks of many guests run at once. Node has no flock(2), but
// the lock belongs to the open file, so a child that locks the file we opened leaves the lock with us until
// we close it or die. The file itself is never removed: it holds nothing, and removing it would be a race.
// The hook's file may have opened and locked it already (hooks/call-program.ts): a shell starts flock while Node.js begins.

import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf, rootHint } from './as-root.ts';
import { Failure, writeHint } from './errors.ts';
import { makeRun } from './exec.ts';
import { readIfThere } from './files.ts';
import { makeFolder } from './folders.ts';

/** Somebody else has it, and goes on having it. */
export class Occupied extends Failure {}

export interface LockOptions {
  file: string;
  /** Seconds to wait for another process to end. */
  patience: number;
  /** Called once when another process holds it. */
  waiting: () => void;
}

/**
 * Runs `work` under the lock, to its end: a signal meanwhile counts after it.
 * @param work is given the lock's open file, for its children to hold too
 */
export async function withLock<T>(options: LockOptions, work: (hold: number) => Promise<T>): Promise<T> {
  const { file, patience } = options;
  const fd = takeInherited(file) ?? openLock(file);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let signal: NodeJS.Signals | undefined;
  const later = (received: NodeJS.Signals) => {
    signal = received;
  };
  const run = makeRun({ timeout: (patience + 5) * 1000 });
  const locked = async (...how: string[]) =>
    (await run('flock', ['-x', ...how, '0'], { stdin: fd })).status === 0;
  try {
    if (!isLocked(fd) && !(await locked('-n'))) {
      options.waiting();
      if (!(await locked('-w', String(patience)))) {
        throw new Occupied(
          `another virt-shaper has held ${file} for ${patience} s`,
          `see who it is with "fuser -v ${file}", or wait longer with --lock-timeout`,
        );
      }
    }
    for (const name of signals) process.on(name, later);
    return await work(fd);
  } finally {
    for (const name of signals) process.off(name, later);
    closeSync(fd);
    if (signal) process.kill(process.pid, signal);
  }
}

/** File descriptors of locks that our parent process has opened for us. */
export const inheritedVariable = 'VIRT_SHAPER_LOCKS';

/** Each is returned once: closing it releases the lock. @returns nothing where it has opened none of this file */
export function takeInherited(file: string): number | undefined {
  const fds = (process.env[inheritedVariable] ?? '').split(' ').filter(Boolean).map(Number);
  const found = fds.find((fd) => isOpen(fd, file));
  if (found === undefined) return undefined;
  process.env[inheritedVariable] = fds.filter((fd) => fd !== found).join(' ');
  return found;
}

function isOpen(fd: number, file: string): boolean {
  try {
    const [open, there] = [fstatSync(fd), statSync(file)];
    return open.dev === there.dev && open.ino === there.ino;
  } catch {
    return false; // Neither open nor there: opened anew.
  }
}

/** The kernel shows the locks of an open file beside its flags. */
function isLocked(fd: number): boolean {
  return /^lock:.* FLOCK .* WRITE /m.test(readIfThere(`/proc/self/fdinfo/${fd}`) ?? '');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function openLock(file: string): number {
  try {
    makeFolder(dirname(file));
    // What stands there only has to be the same for all: a folder can be locked, too.
    return openSync(file, isFolder(file) ? 'r' : 'a', 0o600);
  } catch (error) {
    const reason = error as NodeJS.ErrnoException;
    const hint = writeHint(file, reason.code) ?? rootHint(reason);
    throw new Failure(`${file} cannot be opened: ${reasonOf(error)}`, hint);
  }
}
