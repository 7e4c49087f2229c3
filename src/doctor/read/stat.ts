// A file's owner, mode and time. A file that cannot be examined counts as missing here: its reader reports the error.
import { accessSync, constants, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { otherWriters } from '../../system/trust.ts';

/** The modification time, in milliseconds since 1970. */
export function timeOf(path: string): number | undefined {
  return statOf(path)?.mtimeMs;
}

/** @returns why users other than root can write it, in words; nothing when they cannot */
export function writersOf(path: string): string | undefined {
  const stats = statOf(path);
  return stats && otherWriters(stats);
}

/** Whether its file system is read-only; that it may not be written for another reason is not asked. */
export function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** The files of a folder but those with a dot in their name; a file's own path; nothing for a path that does not exist. */
export function filesIn(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path).flatMap((name) => (name.includes('.') ? [] : [join(path, name)]));
  } catch {
    return [];
  }
}
