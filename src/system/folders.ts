// The folders that files are put in.
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Makes those above it too, and lets others do so at the same time. Not with `recursive`, by which Node tries for ever
 * where the kernel answers ENOENT, as below /proc.
 */
export function makeFolder(folder: string, isAboveThere = false): void {
  try {
    mkdirSync(folder, 0o755);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || isAboveThere) throw error;
    makeFolder(dirname(folder));
    makeFolder(folder, true);
  }
}

/** Environment variable: our parent process syncs what we write below /var, so that a guest's start need not wait for the disk. */
export const syncVariable = 'VIRT_SHAPER_SYNCS';

/** fsync(2), unless our caller does it. @param durable in any case */
export function sync(fd: number, durable = false): void {
  if (durable || !isSyncedByCaller()) fsyncSync(fd);
}

function isSyncedByCaller(): boolean {
  return process.env[syncVariable] === '1';
}

/** What was renamed in it is on the disk. */
export function syncFolder(folder: string): void {
  if (isSyncedByCaller()) return;
  const fd = openSync(folder, 'r');
  try {
    sync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A symlink to one is none. */
export function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A folder in the place of a file, with its contents: it is not ours to delete. */
export function moveFolderAside(file: string): void {
  if (isFolder(file)) renameSync(file, `${file}.aside-${Date.now()}`);
}

/** Whatever it is; what a symlink leads to stays. */
export function removeFolder(folder: string): void {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats) return;
  try {
    // Hardly any has folders in it, and Node.js takes twice the time to look for them.
    if (stats.isDirectory()) {
      for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
      rmdirSync(folder);
      return;
    }
  } catch {
    // More than files is in it.
  }
  rmSync(folder, { recursive: true, force: true });
}

/** @throws the kernel's error where the file system of the folder is read-only; a folder that is not there can be made */
export function assertWritable(folder: string): void {
  if (isFolder(folder)) accessSync(folder, constants.W_OK);
}
