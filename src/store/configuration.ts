// A snapshot of the configuration's files, stored beside the rules that were rendered from them. The hook and sync render
// from it for the guests that run now, where the present files cannot be used: somebody has just broken them, or the load
// that they were for was never confirmed.
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
 * Writes the files of a snapshot below `folder` and removes what was there. Idempotent: a folder that has exactly these
 * files is left as it is.
 * @returns where to read them; undefined when `text` is no snapshot
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
  writeWhole(join(folder, 'whole'), text ?? '', 0o600); // Written last: without it the folder is incomplete.
  return location;
}

/** @returns where to read the snapshot that an earlier call wrote below `folder`; undefined when there is none */
export function findLaidOut(folder: string): ConfigLocation | undefined {
  return layOut(readCache(join(folder, 'whole')), folder);
}

/** @returns undefined when the snapshot is absent, damaged or of another version */
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
