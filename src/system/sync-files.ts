// Files that are on the disk, whole, when it returns: what is renamed into place has to be.
import { closeSync, fchmodSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder, sync } from './folders.ts';

export interface NewFile<Text extends string | Uint8Array = string> {
  file: string;
  text: Text;
  /** 0644 where it is absent. */
  mode?: number;
  /** It waits for the disk also where our caller syncs what we write. */
  durable?: true;
}

/** All are written before the first is waited for: the disk then takes them together. */
export function writeSynced(files: NewFile<string | Uint8Array>[]): void {
  const opened: { fd: number; durable: boolean }[] = [];
  try {
    for (const { file, text, mode = 0o644, durable = false } of files) {
      const fd = openFresh(file, mode);
      opened.push({ fd, durable });
      fchmodSync(fd, mode);
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    }
    for (const { fd, durable } of opened) sync(fd, durable);
  } finally {
    for (const { fd } of opened) closeSync(fd);
  }
}

/** What is in the way is a leftover of a killed writer, or a symlink planted to make us overwrite another file. */
function openFresh(file: string, mode: number): number {
  try {
    return openSync(file, 'wx', mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') makeFolder(dirname(file));
    else if (code === 'EEXIST') rmSync(file, { force: true });
    else throw error;
    return openSync(file, 'wx', mode);
  }
}

/** Below what is no folder there is nothing to remove, which rmSync calls an error. */
export function removeIfThere(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // What kept it from being written is said.
  }
}
