// Every file is written whole, synced and renamed into place: whoever reads it, and whenever the machine
// stops, there is the old file or the new one.

import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf, rootHint } from './as-root.ts';
import { decodeUtf8 } from './decode-utf8.ts';
import { Failure, writeHint } from './errors.ts';
import { isFolder, makeFolder, moveFolderAside, syncFolder } from './folders.ts';
import { type NewFile, removeIfThere, writeSynced } from './sync-files.ts';

/** Makes the folders above it where they are missing. */
export function writeWhole(file: string, text: string | Uint8Array, mode = 0o644): void {
  writeTogether([{ file, text, mode }]);
}

/** Safe for concurrent writers without a lock; the last writer wins. */
export function writeUnlocked(file: string, text: string | Uint8Array, mode = 0o644): void {
  writeTogether([{ file, text, mode }], `.${process.pid}.next`);
}

/**
 * None of them is replaced before all of them are on the disk.
 *
 * @param ending of the names under which they are written first. One for all writers: whoever writes holds the lock,
 *   and what a killed one left is taken up again.
 */
export function writeTogether(files: NewFile<string | Uint8Array>[], ending = '.next'): void {
  const next = (file: string) => `${file}${ending}`;
  try {
    writeSynced(files.map(({ file, ...what }) => ({ file: next(file), ...what })));
    for (const { file } of files) replace(file, next(file));
    for (const folder of new Set(files.map(({ file }) => dirname(file)))) syncFolder(folder);
  } catch (error) {
    for (const { file } of files) removeIfThere(next(file));
    throw unwritten(files[0]?.file ?? '', error);
  }
}

/** What could not be done, with the kernel's code, and what to do about a disk that takes no file. */
export function unwritten(file: string, error: unknown): Failure {
  const { message, code } = error as NodeJS.ErrnoException;
  return new Failure(`${file} cannot be written: ${message}`, writeHint(file, code), undefined, code);
}

function replace(file: string, next: string): void {
  try {
    renameSync(next, file);
  } catch (error) {
    if (!isFolder(file)) throw error;
    moveFolderAside(file);
    renameSync(next, file);
  }
}

/** Never over what is there, whenever it came. @returns whether it was written */
export function writeNew(file: string, text: string): boolean {
  const next = `${file}.next`;
  try {
    writeSynced([{ file: next, text }]);
    linkSync(next, file);
    syncFolder(dirname(file));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new Failure(`${file} cannot be written: ${(error as Error).message}`);
  } finally {
    removeIfThere(next);
  }
}

/** To another folder, in one step: what stands there under that name is replaced. */
export function moveWhole(from: string, to: string): void {
  try {
    makeFolder(dirname(to));
    renameSync(from, to);
    for (const folder of new Set([dirname(from), dirname(to)])) syncFolder(folder);
  } catch (error) {
    rmSync(from, { force: true });
    throw new Failure(`${to} cannot be written: ${(error as Error).message}`);
  }
}

/** Whether what stands there is something else. */
export function isChanged({ file, text }: NewFile): boolean {
  // What a guest adds or takes away is seen without reading it.
  return sizeOf(file) !== Buffer.byteLength(text) || readCache(file) !== text;
}

function sizeOf(file: string): number | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size;
  } catch {
    return undefined; // Nor can it be read.
  }
}

/** Writes only what differs. @returns whether it did */
export function writeIfChanged(file: string, text: string, mode = 0o644): boolean {
  if (!isChanged({ file, text })) return false;
  writeWhole(file, text, mode);
  return true;
}

/** Makes it, empty, where it is not there; one that is there keeps its time. */
function makeEmpty(file: string): void {
  if (existsSync(file)) return;
  makeFolder(dirname(file));
  closeSync(openSync(file, 'a', 0o644));
}

/** Gives a file the present time; makes it, empty, where it is not there. */
export function touch(file: string): void {
  makeEmpty(file);
  const now = Date.now() / 1000;
  utimesSync(file, now, now);
}

/** Of what can be made anew: nothing also where it cannot be read, or is no file. */
export function readCache(file: string): string | undefined {
  try {
    return decodeUtf8(readFileSync(file));
  } catch {
    return undefined;
  }
}

/** The same, as it stands there. */
export function readBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** @throws Failure when it is there but cannot be read */
export function readIfThere(file: string): string | undefined {
  try {
    return decodeUtf8(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const hint = rootHint(error as NodeJS.ErrnoException);
    throw new Failure(`${file} cannot be read: ${reasonOf(error)}`, hint);
  }
}

/**
 * @param empty what a file that is not there stands for; one that is there has the same keys of the same kinds
 * @throws Failure when it is there but is not JSON of that version
 */
export function readJson<T extends { version: number }>(file: string, empty: T): T {
  const text = readIfThere(file);
  if (text === undefined) return empty;
  try {
    const value = JSON.parse(text);
    if (value?.version === empty.version && isAlike(value, empty)) return value;
  } catch {
    // Said below, like a wrong version.
  }
  const hint = 'move it away; it is made anew';
  throw new Failure(`${file} is damaged or of another version`, hint, undefined, 'damaged');
}

/** Nothing when it is not there. */
export function removeFile(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return;
  moveFolderAside(file);
  rmSync(file, { force: true });
}

function isAlike(value: Record<string, unknown>, model: object): boolean {
  return Object.entries(model).every(
    ([key, like]) => typeof value[key] === typeof like && Array.isArray(value[key]) === Array.isArray(like),
  );
}

/** Another one as soon as somebody writes to the file, or puts another in its place; empty where there is none. */
export function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.dev} ${stats.ino} ${stats.size} ${stats.ctimeMs}` : '';
}

/** Whether there is anything of that name. */
export function isThere(path: string): boolean {
  return existsSync(path);
}
