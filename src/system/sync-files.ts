// Files that are on the disk, whole, when it returns: what is renamed into place has to be.
import { closeSync, existsSync, fchmodSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder, sync } from './folders.ts';

export interface NewFile {
  file: string;
  text: string;
  /** 0644 where it is absent. */
  mode?: number;
  /** It waits for the disk also where our caller syncs what we write. */
  durable?: true;
}

/** All are written before the first is waited for: the disk then takes them together. */
export function writeSynced(files: NewFile[]): void {
  const opened: { fd: number; durable: boolean }[] = [];
  try {
    for (const { file, text, mode = 0o644, durable = false } of files) {
      if (!existsSync(dirname(file))) makeFolder(dirname(file));
      // A leftover of a killed writer, or a symlink planted to make us overwrite another file.
      rmSync(file, { force: true });
      const fd = openSync(file, 'wx', mode);
      opened.push({ fd, durable });
      fchmodSync(fd, mode);
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    }
    for (const { fd, durable } of opened) sync(fd, durable);
  } finally {
    for (const { fd } of opened) closeSync(fd);
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
