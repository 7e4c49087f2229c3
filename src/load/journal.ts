// The batches of the load now running, in /run: a command goes on to its end from its file when we are killed.
// Gone after every load that ends by itself; what is found there was left by one that did not.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Devices to which a killed load was adding a clsact: an empty one there is ours, not somebody else's. */
export function readUnfinished(folder: string): Set<string> {
  const batches = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.tc')) : [];
  const lines = batches.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  return new Set(lines.flatMap((line) => line.match(/^qdisc add dev (\S+) clsact$/)?.[1] ?? []));
}

export function clearJournal(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
