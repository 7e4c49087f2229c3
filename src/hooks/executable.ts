// Whether Linux can execute a file where it stands. libvirt calls a hook without a shell, so one that is empty, that names
// no interpreter, or whose interpreter is gone fails every start of a guest.
import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { label } from '../text/label.ts';

/** What keeps libvirt from running a hook. */
export interface Obstacle {
  /** What was seen, in words. */
  why: string;
  /** What to do, one command each, before "virt-shaper hooks install". */
  todo: string[];
}

/** A file system as one process sees it. */
export interface View {
  /** Before every path: `/proc/PID/root` of another process. */
  root: string;
  /** Its /proc/PID/mountinfo. */
  mounts: string;
}

export function viewOf(pid: number | 'self'): View {
  const root = pid === 'self' ? '' : `/proc/${pid}/root`;
  return { root, mounts: readText(`/proc/${pid}/mountinfo`) };
}

/** @returns what is wrong with a script or a program, in words; nothing when it can be executed */
export function whyNotExecutable(path: string, view: View): string | undefined {
  const why = whyNotRead(path, view) ?? whyNotMarked(path, view);
  if (why) return why;
  const head = readHead(join(view.root, path));
  if (head.startsWith('\x7fELF')) return undefined;
  if (head === '') return `${label(path)} is empty`;
  const interpreter = /^#![ \t]*([^\s]+)/.exec(head)?.[1];
  if (!interpreter) return `${label(path)} is neither a program nor begins with #!`;
  const its = whyNotRead(interpreter, view) ?? whyNotMarked(interpreter, view);
  return its && `${label(path)} is run by ${label(interpreter)}, and ${its}`;
}

/** @returns why a process cannot read it, in words */
export function whyNotRead(path: string, { root }: View): string | undefined {
  try {
    if (!statSync(join(root, path)).isFile()) return `${label(path)} is no file`;
    closeSync(openSync(join(root, path), 'r'));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `${label(path)} is not there` : `${label(path)} cannot be read (${code})`;
  }
}

function whyNotMarked(path: string, view: View): string | undefined {
  if ((statSync(join(view.root, path)).mode & 0o111) === 0) return `${label(path)} is not executable`;
  return whyNoexec(path, view);
}

/** @param path need not be there: then it counts where it would stand */
export function whyNoexec(path: string, { root, mounts }: View): string | undefined {
  const found = realOf(join(root, path));
  const real = root && found.startsWith(root) ? found.slice(root.length) : found;
  let [best, options] = ['', ''];
  for (const line of mounts.split('\n')) {
    const fields = line.split(' ');
    const point = unescaped(fields[4] ?? '');
    const holds = point === '/' || real === point || real.startsWith(`${point}/`);
    // Of several on one another the last is seen.
    if (point && holds && point.length >= best.length) [best, options] = [point, fields[5] ?? ''];
  }
  if (!options.split(',').includes('noexec')) return undefined;
  return `${label(best)} is mounted noexec: nothing in it can be executed`;
}

function realOf(path: string): string {
  for (let [above, rest] = [path, '']; ; ) {
    try {
      return realpathSync(above) + rest;
    } catch {
      const at = above.lastIndexOf('/');
      if (at <= 0) return path;
      [above, rest] = [above.slice(0, at), above.slice(at) + rest];
    }
  }
}

/** As mountinfo has blanks and the like: `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function readHead(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const head = Buffer.alloc(256);
    return head.toString('latin1', 0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}

/** @returns nothing where it cannot be read */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
