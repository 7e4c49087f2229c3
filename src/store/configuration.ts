// The configuration that a rendering came from, kept beside it: what was in force can be made again for other
// guests, when a load was not confirmed or when somebody has just broken the configuration.
import { join, resolve } from 'node:path';
import type { ConfigLocation } from '../config/read-config.ts';
import { isChanged, readCache, writeTogether, writeWhole } from '../system/files.ts';
import { removeFolder } from '../system/folders.ts';

interface Snapshot {
  version: 1;
  /** The main file first. */
  files: { name: string; text: string }[];
}

export function snapshotText(files: Snapshot['files']): string {
  const snapshot: Snapshot = { version: 1, files: files.map(({ name, text }) => ({ name, text })) };
  return `${JSON.stringify(snapshot, null, 1)}\n`;
}

/**
 * Lays the files of a snapshot out below a folder, in the place of what was there; what is laid out stays.
 * @returns where to read them, or nothing when there is no snapshot
 */
export function layOut(text: string | undefined, folder: string): ConfigLocation | undefined {
  const snapshot = decodeSnapshot(text);
  const [main] = snapshot?.files ?? [];
  if (!snapshot || !main) return undefined;
  const location = { file: resolve('/', main.name), root: folder };
  const files = snapshot.files.map(({ name, text }) => {
    return { file: join(folder, resolve('/', name)), text, mode: 0o600 };
  });
  if (readCache(join(folder, 'whole')) === text && !files.some(isChanged)) return location;
  removeFolder(folder);
  writeTogether(files);
  writeWhole(join(folder, 'whole'), text ?? '', 0o600); // Last: what is there without it is not whole.
  return location;
}

/** @returns where a snapshot was laid out before */
export function findLaidOut(folder: string): ConfigLocation | undefined {
  return layOut(readCache(join(folder, 'whole')), folder);
}

/** @returns what is in it, or nothing where it is of another version, damaged, or not there */
export function decodeSnapshot(text: string | undefined): Snapshot | undefined {
  try {
    const snapshot: Snapshot = JSON.parse(text ?? '');
    const isWhole = snapshot.files.every(
      ({ name, text: content }) => name !== '' && typeof content === 'string',
    );
    return snapshot.version === 1 && isWhole ? snapshot : undefined;
  } catch {
    return undefined;
  }
}
