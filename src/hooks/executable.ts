// Whether Linux can execute a file. libvirt calls hooks without a shell, so a hook that is empty, has no `#!` line, or whose
// interpreter is missing fails every start of a guest.
import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { label } from '../text/label.ts';

/** A reason why libvirt cannot run a hook. */
export interface ExecObstacle {
  /** A sentence for people. */
  why: string;
  /** Commands to type before "virt-shaper hooks install". */
  todo: string[];
}

/** The file system as a process sees it. */
export interface ProcessView {
  /** Prefix of every path: `/proc/PID/root` of another process. */
  root: string;
  /** Text of the process's /proc/PID/mountinfo. */
  mounts: string;
}

export function viewOf(pid: number | 'self'): ProcessView {
  const root = pid === 'self' ? '' : `/proc/${pid}/root`;
  return { root, mounts: readText(`/proc/${pid}/mountinfo`) };
}

/** @returns a sentence about why a script or program cannot be executed; undefined when it can */
export function whyNotExecutable(path: string, view: ProcessView): string | undefined {
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

/** @returns a sentence about why a process cannot read the file; undefined when it can */
export function whyNotRead(path: string, { root }: ProcessView): string | undefined {
  try {
    if (!statSync(join(root, path)).isFile()) return `${label(path)} is no file`;
    closeSync(openSync(join(root, path), 'r'));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `${label(path)} is not there` : `${label(path)} cannot be read (${code})`;
  }
}

function whyNotMarked(path: string, view: ProcessView): string | undefined {
  if ((statSync(join(view.root, path)).mode & 0o111) === 0) return `${label(path)} is not executable`;
  return whyNoexec(path, view);
}

/** @param path may not exist yet: then the file system counts on which it would be made */
export function whyNoexec(path: string, { root, mounts }: ProcessView): string | undefined {
  const found = realOf(join(root, path));
  const real = root && found.startsWith(root) ? found.slice(root.length) : found;
  let [best, options] = ['', ''];
  for (const line of mounts.split('\n')) {
    const fields = line.split(' ');
    const point = unescaped(fields[4] ?? '');
    const holds = point === '/' || real === point || real.startsWith(`${point}/`);
    // Of several mounts at one point the last one is in effect.
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

/** Decodes the escapes of mountinfo, such as `\040` for a blank. */
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

/** @returns an empty text where the file cannot be read */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
