// The batches of the load now running, in /run: a command goes on to its end from its file when we are killed.
// Gone after every load that ends by itself; what is found there was left by one that did not.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ifbLines } from '../kernel/ifb.ts';
import type { State } from '../kernel/objects.ts';
import { tcLine } from '../kernel/tc/print.ts';
import { readCache, writeTogether } from '../system/files.ts';
import { removeFolder } from '../system/folders.ts';

/** Devices to which a killed load was adding a clsact: an empty one there is ours, not somebody else's. */
export function readUnfinished(folder: string): Set<string> {
  const batches = isFolder(folder) ? readdirSync(folder).filter((name) => name.endsWith('.tc')) : [];
  const lines = batches.flatMap((name) => (readCache(join(folder, name)) ?? '').split('\n'));
  return new Set(lines.flatMap((line) => line.match(/^qdisc add dev (\S+) clsact$/)?.[1] ?? []));
}

/**
 * Written before anything is changed: the state to go back to, as what ip -batch, tc -batch and nft -f would
 * make it from. For people, should we be killed; the next load reads the kernel instead.
 */
export function recordFormer(folder: string, { devices, objects, ruleset }: State): void {
  if (!isFolder(folder)) clearJournal(folder); // Of a file, which is none of ours.
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

/** Whether a load is going on, or was killed. */
export function isJournalled(folder: string): boolean {
  return existsSync(folder);
}

export function clearJournal(folder: string): void {
  removeFolder(folder);
}
