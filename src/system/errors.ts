// What goes wrong is either a list of problems in files (exit status 2) or one failure (exit status 1).
// Both say what happened, where, and what to do; neither ever reaches a user as a stack trace.
import { dirname } from 'node:path';

/** A place in a file; line and column count from 1, columns in characters. */
export interface Source {
  file: string;
  line: number;
  column: number;
}

export interface Problem {
  severity: 'error' | 'warning';
  /** Where; absent only for what belongs to no line of a file. */
  at?: Source;
  message: string;
  /** What to do about it. */
  hint?: string;
  /** The line of the file that `at` points into, for the caret. */
  text?: string;
}

/** Wrong input: files or arguments. Carries every problem found, not the first. Exit status 2. */
export class ConfigError extends Error {
  constructor(readonly problems: Problem[]) {
    super(problems.map((problem) => problem.message).join('\n'));
  }
}

/** Something could not be done. Exit status 1. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly hint?: string,
    /** The line of a generated file that it is about. */
    readonly place?: { at: Source; text: string },
    /** By which a caller asks what it was: the kernel's for files, such as `ENOSPC`; `damaged` where its text is wrong. */
    readonly code?: string,
  ) {
    super(message);
  }
}

/** Whether a file of ours is there but is not what we write. */
export function isDamaged(error: unknown): boolean {
  return error instanceof Failure && error.code === 'damaged';
}

const fullCodes = ['ENOSPC', 'EDQUOT'];

/** Whether a file system takes nothing more: full, out of quota, or read-only since it was damaged. */
export function isFull(error: unknown): boolean {
  return [...fullCodes, 'EROFS'].includes((error as Partial<NodeJS.ErrnoException> | undefined)?.code ?? '');
}

/** What to do about a file system that does not take a file. */
export function writeHint(file: string, code: string | undefined): string | undefined {
  if (fullCodes.includes(code ?? '')) return `make room: df -h ${dirname(file)}`;
  if (code === 'EROFS') return `make it writable: findmnt -T ${dirname(file)}`;
  return undefined;
}

/**
 * What the kernel has refused to do with a file is the host's fault and not the program's, wherever it was done.
 * @returns nothing for any other error
 */
export function fileFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path, message }: NodeJS.ErrnoException = error;
  if (!code || !syscall || !path || !hostCodes.includes(code)) return undefined;
  return new Failure(message, writeHint(path, code), undefined, code);
}

/** Not ENOENT and the like, which tell of what the program should have known. */
const hostCodes = [...fullCodes, 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM'];
