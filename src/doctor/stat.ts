// What can be said of a file without opening it. What cannot be seen is as good as not there: its reader says why.
import { type Stats, statSync } from 'node:fs';
import { otherWriters } from '../system/trust.ts';

export function isThere(path: string): boolean {
  return statOf(path) !== undefined;
}

/** When it was last written; milliseconds since 1970. */
export function timeOf(path: string): number | undefined {
  return statOf(path)?.mtimeMs;
}

/** @returns that others than root can write it, and why; nothing when they cannot */
export function writersOf(path: string): string | undefined {
  const stats = statOf(path);
  return stats && otherWriters(stats);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
