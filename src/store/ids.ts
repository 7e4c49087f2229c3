// The ids chosen so far, kept in /var/lib for good. Read and written under the lock only.

import type { ChosenIds } from '../plan/ids.ts';
import { readJson, writeIfChanged } from '../system/files.ts';

export function readIds(file: string): ChosenIds {
  const { guests, groups } = readJson(file, { version: 1, guests: {}, groups: {} } as {
    version: number;
  } & ChosenIds);
  return { guests, groups };
}

export function writeIds(file: string, chosen: ChosenIds): void {
  writeIfChanged(file, `${JSON.stringify({ version: 1, ...chosen }, null, 1)}\n`);
}
