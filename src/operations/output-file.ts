// A file that an administrator names for output that root writes again and again. Who else can write its folder could lead
// root's write anywhere: by a symlink, or by another folder in its place. So it must be a folder that only root can
// write, no symlink is followed, and nothing is replaced but what the same command has written.
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure } from '../system/errors.ts';
import { writeTogether } from '../system/files.ts';
import { otherWriters, placesOf } from '../system/trust.ts';
import { label } from '../text/label.ts';

/**
 * Whole or not at all.
 * @param ours what the first line of such a file begins with
 * @throws Failure, and the file and its folder are as they were
 */
export function writeOutput(file: string, text: string, ours: string): void {
  const path = resolve(file);
  checkFolder(dirname(path), basename(path));
  checkFile(path, ours);
  writeTogether([{ file: path, text }], `.${randomBytes(6).toString('hex')}.next`);
}

function checkFolder(folder: string, name: string): void {
  const shown = label(folder);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory()) throw new Failure(`${shown} is no folder`, `mkdir -p ${shown}`);
  const places = placesOf([folder]);
  for (const place of places) {
    const stats = lstatSync(place);
    if (stats.isSymbolicLink()) continue; // Counts by where it stands and where it leads to.
    // In a folder like /tmp nobody can rename what is root's.
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

/** Whether root, or the user who runs this, owns it. */
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
