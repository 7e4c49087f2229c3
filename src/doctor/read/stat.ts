// What can be said of a file without opening it. What cannot be seen is as good as not there: its reader says why.
import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { otherWriters } from '../../system/trust.ts';

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

/** What is in a folder, but for names with a dot; anything else is itself. Nothing where nothing is. */
export function filesIn(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path).flatMap((name) => (name.includes('.') ? [] : [join(path, name)]));
  } catch {
    return [];
  }
}
