// The batches of the load that runs now, in /run. nft, tc and ip read them from files, so that a command that has begun goes
// on to its end when virt-shaper is killed. A load removes the folder as it ends, so a folder found by the next one was left
// by a load that was killed.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ifbLines } from '../kernel/ifb.ts';
import type { State } from '../kernel/objects.ts';
import { tcLine } from '../kernel/tc/print.ts';
import { isThere, readCache, writeTogether } from '../system/files.ts';
import { removeFolder } from '../system/folders.ts';
import { removeIfThere } from '../system/sync-files.ts';
import type { Paths } from './paths.ts';

/** Devices to which a killed load was adding a clsact: an empty clsact there is our own. */
export function readUnfinished(folder: string): Set<string> {
  const batches = isFolder(folder) ? readdirSync(folder).filter((name) => name.endsWith('.tc')) : [];
  const lines = batches.flatMap((name) => (readCache(join(folder, name)) ?? '').split('\n'));
  return new Set(lines.flatMap((line) => line.match(/^qdisc add dev (\S+) clsact$/)?.[1] ?? []));
}

/**
 * Writes the state before the load, as input of ip -batch, tc -batch and nft -f, before anything is changed. It is there for
 * an administrator who has to restore that state by hand after virt-shaper was killed; no load reads it.
 */
export function recordFormer(folder: string, { devices, objects, ruleset }: State): void {
  if (!isFolder(folder)) clearJournal(folder); // Something that is no folder is in its place.
  const lines = (list: string[]) => list.map((line) => `${line}\n`).join('');
  const former = {
    'former-devices': lines([...devices.values()].flatMap(ifbLines)),
    'former-shape': lines([...objects.values()].map((object) => tcLine('add', object))),
    'former-ruleset': ruleset,
  };
  writeTogether(
    Object.entries(former).map(([name, text]) => ({ file: join(folder, name), text, mode: 0o600 })),
  );
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Whether a load runs now or was killed. */
export function isJournalled(folder: string): boolean {
  return existsSync(folder);
}

export function clearJournal(folder: string): void {
  removeFolder(folder);
}

/** Written under the lock only: whoever holds it knows that nobody is at work on them. */
const locked = ['listing', 'seen', 'foreignTaps', 'formerSettings', 'undone'] as const;

/**
 * Removes what killed processes have left half written beside the journal. The next write of the same file takes a leftover
 * up, but a file may not be written again for days, and a leftover with a process id in its name never is. Call it under the
 * lock. Never throws: nothing depends on it.
 */
export function removeHalfWritten(paths: Pick<Paths, (typeof locked)[number]>): void {
  const folder = dirname(paths.listing);
  const ours = locked.map((name) => `${basename(paths[name])}.next`);
  for (const name of namesIn(folder)) {
    const [, writer] = /\.(\d+)\.next$/.exec(name) ?? [];
    const isLeft = writer === undefined ? ours.includes(name) : !isThere(`/proc/${writer}`);
    if (isLeft) removeIfThere(join(folder, name));
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.next'));
  } catch {
    return [];
  }
}
