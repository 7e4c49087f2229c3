// Writes an output file named by the administrator, repeatedly and as root. Anybody else who can write its folder could redirect
// that write: by a symlink, or by replacing the folder. So only root may be able to write the folder, symlinks are not followed, and
// only a file that the same command has written is replaced.
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { randomId } from '../system/digest.ts';
import { Failure } from '../system/errors.ts';
import { writeTogether } from '../system/files.ts';
import { otherWriters, placesOf } from '../system/trust.ts';
import { label } from '../text/label.ts';

/**
 * Atomic.
 * @param ours the beginning of the first line of such a file
 * @throws Failure, with the file and its folder unchanged
 */
export function writeOutput(file: string, text: string, ours: string): void {
  const path = resolve(file);
  checkFolder(dirname(path), basename(path));
  checkFile(path, ours);
  writeTogether([{ file: path, text }], `.${randomId()}.next`);
}

function checkFolder(folder: string, name: string): void {
  const shown = label(folder);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory()) throw new Failure(`${shown} is no folder`, `mkdir -p ${shown}`);
  const places = placesOf([folder]);
  for (const place of places) {
    const stats = lstatSync(place);
    if (stats.isSymbolicLink()) continue; // Its folder and its target are checked.
    // In a sticky folder like /tmp nobody else can rename root's entries.
    const inside = [...places].filter((other) => dirname(other) === place && other !== place);
    const isSafe = place !== folder && (stats.mode & 0o1000) !== 0 && inside.every(isTrusted);
    const others = otherWriters(isSafe ? Object.assign(stats, { mode: stats.mode & ~0o022 }) : stats);
    if (!others) continue;
    const own = '/var/lib/virt-shaper/metrics';
    throw new Failure(
      `${label(place)}: refused, because root would write to it and ${others}`,
      `write it to ${own}, and link it: ln -s ${join(own, label(name))} ${shown}/`,
    );
  }
}

/** Whether it belongs to root or to the user of this process. */
function isTrusted(path: string): boolean {
  return [0, process.geteuid?.()].includes(lstatSync(path).uid);
}

function checkFile(file: string, ours: string): void {
  const shown = label(file);
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (!stats) return;
  if (stats.isSymbolicLink())
    throw new Failure(`${shown} is a symlink, which is not followed`, `rm ${shown}`);
  if (!stats.isFile())
    throw new Failure(`${shown} is no file that could be replaced`, 'leave it out for stdout');
  if (readHead(file, ours.length) === ours) return;
  throw new Failure(
    `${shown} is there, and was not written by this command`,
    `another name, or: rm ${shown}`,
  );
}

function readHead(file: string, length: number): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const head = Buffer.alloc(length);
    return fstatSync(fd).isFile() ? head.toString('latin1', 0, readSync(fd, head, 0, length, 0)) : '';
  } finally {
    closeSync(fd);
  }
}
