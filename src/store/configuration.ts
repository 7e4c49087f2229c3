// The configuration that a rendering came from, kept beside it: what was in force can be made again for other
// guests, when a load was not confirmed or when somebody has just broken the configuration.
import { isAbsolute, join, resolve } from 'node:path';
import type { ConfigLocation } from '../config/read-config.ts';
import { readIfThere, writeTogether, writeWhole } from '../system/files.ts';
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
  const files = decode(text)?.files ?? [];
  const [main] = files;
  if (!main) return undefined;
  const location = { file: resolve('/', main.name), root: folder };
  if (readIfThere(join(folder, 'whole')) === text) return location;
  removeFolder(folder);
  writeWhole(join(folder, 'main'), location.file, 0o600);
  writeTogether(
    files.map(({ name, text: content }) => ({
      file: join(folder, resolve('/', name)),
      text: content,
      mode: 0o600,
    })),
  );
  writeWhole(join(folder, 'whole'), text ?? '', 0o600); // Last: what is there without it is not whole.
  return location;
}

/** @returns where a snapshot was laid out before */
export function findLaidOut(folder: string): ConfigLocation | undefined {
  const isWhole = readIfThere(join(folder, 'whole')) !== undefined;
  const main = isWhole ? readIfThere(join(folder, 'main')) : undefined;
  return main && isAbsolute(main) ? { file: main, root: folder } : undefined;
}

function decode(text: string | undefined): Snapshot | undefined {
  try {
    const snapshot = JSON.parse(text ?? '');
    return snapshot.version === 1 ? snapshot : undefined;
  } catch {
    return undefined; // Of another version, or not there.
  }
}
