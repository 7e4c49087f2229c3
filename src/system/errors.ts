// What goes wrong is either a list of problems in files (exit status 2) or one failure (exit status 1).
// Both say what happened, where, and what to do; neither ever reaches a user as a stack trace.

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

/** Whether a file system takes nothing more: full, out of quota, or read-only since it was damaged. */
export function isFull(error: unknown): boolean {
  return error instanceof Failure && ['ENOSPC', 'EDQUOT', 'EROFS'].includes(error.code ?? '');
}
