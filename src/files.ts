// Every file is written whole, synced and renamed into place: whoever reads it, and whenever the machine
// stops, there is the old file or the new one.
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from './errors.ts';

/** Makes the folders above it where they are missing. */
export function writeWhole(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  // One name for all: whoever writes holds the lock, and what a killed one left is taken up again.
  const next = `${file}.next`;
  try {
    const fd = openSync(next, 'w', mode);
    try {
      fchmodSync(fd, mode);
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(next, file);
    syncFolder(dirname(file));
  } catch (error) {
    rmSync(next, { force: true });
    throw new Failure(`${file} cannot be written: ${(error as Error).message}`);
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes only what differs. @returns whether it did */
export function writeIfChanged(file: string, text: string, mode = 0o644): boolean {
  if (readIfThere(file) === text) return false;
  writeWhole(file, text, mode);
  return true;
}

export function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** @throws Failure when the file is there but is not JSON of that version */
export function readJson<T extends { version: number }>(file: string, empty: T): T {
  const text = readIfThere(file);
  if (text === undefined) return empty;
  try {
    const value = JSON.parse(text);
    if (value?.version === empty.version) return value;
  } catch {
    // Said below, like a wrong version.
  }
  throw new Failure(`${file} is damaged or of another version`, 'move it away; it is made anew');
}
