// Installs our hooks into libvirt's folder, and removes them. Files of others are neither replaced nor removed, and each
// file is put in place by a rename, since libvirt may run it at any moment.
import { chmodSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../system/errors.ts';
import { moveWhole, writeWhole } from '../system/files.ts';
import { label } from '../text/label.ts';
import { type HookCommand, shellQuote } from './hook-file.ts';
import { lineForOthers } from './hook-script.ts';
import type { DriverHooks, HookFile } from './inspect.ts';

/**
 * @param text of the hook
 * @param command that it runs, for the hint how somebody else's hook can call it
 * @returns a sentence about what was done; undefined when nothing had to be
 * @throws Failure with what to do, when somebody else's file is in its place
 */
export function installHook(
  { driver, place, former }: DriverHooks,
  text: string,
  command: HookCommand,
): string | undefined {
  const file = label(place.path);
  if (place.whose === 'edited') {
    throw new Failure(
      `${file} was edited since it was installed`,
      `for the original: rm ${shellQuote(place.path)}, and once more`,
    );
  }
  if (place.whose === 'foreign') {
    const inFolder = dirname(place.path).endsWith('.d');
    throw new Failure(
      `${file} is there, and not of virt-shaper`,
      inFolder
        ? `move it out of ${label(dirname(place.path))}, and once more`
        : `this libvirt runs no other: read nothing from stdin in it, and let it end with this line:\n${lineForOthers(driver, command)}`,
    );
  }
  const done = put(place, text);
  if (former.whose === 'ours') change(former.path, () => rmSync(former.path));
  return done;
}

function put(place: HookFile, text: string): string | undefined {
  const file = label(place.path);
  if (place.text !== text) {
    // Written outside of the folder first, since libvirt runs every executable file in it.
    const folder = dirname(place.path);
    const outside = folder.endsWith('.d') ? dirname(folder) : folder;
    const next = join(outside, '.virt-shaper');
    writeWhole(next, text, 0o755);
    moveWhole(next, place.path);
    return place.whose === 'nobody' ? `${file} installed` : `${file} brought up to date`;
  }
  if (place.executable) return undefined;
  change(place.path, () => chmodSync(place.path, 0o755));
  return `${file} made executable`;
}

/** @returns the files that were removed, and those that stay because somebody has edited them */
export function removeHook({ place, former }: DriverHooks): { removed: string[]; left: string[] } {
  const files = [place, former];
  const removed = files
    .filter(({ whose }) => whose === 'ours' || whose === 'damaged')
    .map(({ path }) => path);
  for (const path of removed) {
    change(path, () => rmSync(path));
    if (dirname(path).endsWith('.d')) removeIfEmpty(dirname(path));
  }
  return { removed, left: files.filter(({ whose }) => whose === 'edited').map(({ path }) => path) };
}

export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty: others have hooks there.
  }
}

/** @throws Failure when the file system refuses the change */
function change(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new Failure(`${label(path)} cannot be changed: ${(error as Error).message}`);
  }
}
