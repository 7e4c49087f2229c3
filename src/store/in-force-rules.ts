// rules.d/good: the rules in force. It is a symlink to a folder with all of their files, and is replaced by one rename, so
// that after a power failure at any moment it leads to one whole policy that was loaded.
import { existsSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Rules } from '../render/render.ts';
import { Failure, isFull } from '../system/errors.ts';
import { isChanged, readCache, readIfThere, unwritten, writeTogether } from '../system/files.ts';
import { removeFolder } from '../system/folders.ts';
import type { NewFile } from '../system/sync-files.ts';
import type { Paths } from './paths.ts';
import { isCommitted } from './table-fingerprint.ts';

export const ruleFiles = [
  'ruleset.nft',
  'shape.tc',
  'devices.ip',
  'settings.sysctl',
] as const satisfies (keyof Rules)[];

/** @throws Failure when a file is not there */
export function readRules(folder: string): Rules {
  const text = (name: keyof Rules) => {
    const found = readIfThere(join(folder, name));
    if (found !== undefined) return found;
    const maker =
      basename(folder) === 'good'
        ? 'virt-shaper sync --in-force makes it anew'
        : 'virt-shaper render writes it';
    throw new Failure(`${join(folder, name)} is not there`, maker);
  };
  return {
    'ruleset.nft': text('ruleset.nft'),
    'shape.tc': text('shape.tc'),
    'devices.ip': text('devices.ip'),
    // Before 0.2 there was none.
    'settings.sysctl': readIfThere(join(folder, 'settings.sysctl')) ?? '',
  };
}

/** Whether two renderings have the same text in every file. */
export function areSame(some: Rules | undefined, others: Rules): boolean {
  return ruleFiles.every((name) => some?.[name] === others[name]);
}

/** Stored beside the rules: the configuration that they were rendered from (configuration.ts). */
export const sourceFile = '.source.json';

/** Stored beside the rules: the plan that they were printed from, for the views (in-force-plan.ts). */
export const planFile = '.plan.json';

/** The two files that go with the rules wherever these are copied: name -> text, of those that exist. */
export type Companions = Map<string, string>;

export function readCompanions(folder: string): Companions {
  const texts = [sourceFile, planFile].map((name) => [name, readCache(join(folder, name))] as const);
  return new Map(texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])));
}

/** Writes only what differs. */
export function writeCompanions(folder: string, companions: Companions): void {
  writeTogether(companionsOf(folder, companions).filter(isChanged));
}

export function filesOf(folder: string, rules: Rules): NewFile[] {
  return ruleFiles.map((name) => ({ file: join(folder, name), text: rules[name] }));
}

export function companionsOf(folder: string, companions: Companions): NewFile[] {
  return [...companions].map(([name, text]) => ({ file: join(folder, name), text, mode: 0o600 }));
}

/** @returns the snapshot of the configuration that the rules of this folder were rendered from */
export function sourceOf(folder: string): string | undefined {
  return readCache(join(folder, sourceFile));
}

/** @returns the same of the rules in force */
export function goodSource(folder: string): string | undefined {
  return sourceOf(join(folder, 'good'));
}

/** @returns the rules in force; undefined when nothing is loaded */
export function readIfGood(folder: string): Rules | undefined {
  return currentGood(folder) === undefined ? undefined : readRules(join(folder, 'good'));
}

/**
 * Writes the rules that are about to be loaded to a folder beside that of the rules in force. `good` leads to them only
 * after keepGood, once the kernel has taken them.
 * @param folder rules.d
 * @param rules that are being loaded
 * @param companions that go with them
 * @param spare used in place of `folder` while the disk is full: a path in /run, to which a number is added
 * @returns the name of the new folder in rules.d, or its path where that is the spare one
 */
export function layGood(folder: string, rules: Rules, companions: Companions, spare?: string): string {
  const filesIn = (place: string) => [...filesOf(place, rules), ...companionsOf(place, companions)];
  const current = currentGood(folder);
  const good = join(folder, 'good');
  const isSame = () => !filesIn(good).some(isChanged) && readCompanions(good).size === companions.size;
  if (current !== undefined && !isAbsolute(current) && isSame()) return current;
  const number = Number(current?.match(/\d+$/)?.[0] ?? 0) + 1;
  const lay = (name: string) => {
    const next = resolve(folder, name);
    removeFolder(next); // A load that was killed may have left it.
    writeTogether(filesIn(next));
    return name;
  };
  try {
    return lay(`.good-${number}`);
  } catch (error) {
    if (!isFull(error) || spare === undefined) throw error;
    rmSync(join(folder, `.good-${number}`), { recursive: true, force: true });
    return isSame() && current !== undefined ? current : lay(`${spare}-${number}`);
  }
}

/**
 * @param folder rules.d
 * @param spare as of layGood
 * @returns the folder that layGood wrote for a load that runs now or was killed; undefined when there is none
 */
export function laidFolder(folder: string, spare: string): string | undefined {
  return laidFolders(folder, spare)[0];
}

/** The folder of rules that the kernel has taken and to which `good` could not be led; known by the ruleset committed last. */
export function unnotedFolder({ rules, spare, listing }: Pick<Paths, 'rules' | 'spare' | 'listing'>) {
  const laid = laidFolders(rules, spare);
  const rulesetIn = (folder: string) => readCache(join(folder, 'ruleset.nft'));
  const good = laid.length > 0 ? rulesetIn(join(rules, 'good')) : undefined; // Long, and hardly ever needed.
  return laid.find((folder) => {
    const ruleset = rulesetIn(folder);
    return ruleset !== undefined && ruleset !== good && isCommitted(listing, ruleset);
  });
}

/** Removes what was laid in /run and is not in force. Call it after a load that was noted. */
export function removeSpares({ rules, spare }: Pick<Paths, 'rules' | 'spare'>): void {
  for (const folder of laidFolders(rules, spare))
    if (dirname(folder) === dirname(spare)) removeFolder(folder);
}

function laidFolders(folder: string, spare: string): string[] {
  const current = currentGood(folder);
  const places = [
    ...readNames(folder).filter((name) => /^\.good-\d+$/.test(name)),
    ...readNames(dirname(spare)).flatMap((name) =>
      name.startsWith(`${basename(spare)}-`) ? join(dirname(spare), name) : [],
    ),
  ];
  return places.filter((name) => name !== current).map((name) => resolve(folder, name));
}

function readNames(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Makes `good` lead to the rules that the kernel has taken. @param name as layGood returned it */
export function keepGood(folder: string, name: string): void {
  const former = currentGood(folder);
  if (former !== name) {
    const next = join(folder, '.good.next');
    removeFolder(next); // A symlink, where a load was killed before the rename.
    try {
      symlinkSync(name, next);
      // Another version made `good` a folder, which a rename cannot replace.
      if (former === undefined) rmSync(join(folder, 'good'), { recursive: true, force: true });
      renameSync(next, join(folder, 'good'));
    } catch (error) {
      throw unwritten(join(folder, 'good'), error);
    }
    removeSpare(former);
  }
  removeFormer(folder, name);
}

function removeSpare(name: string | undefined): void {
  if (name !== undefined && isAbsolute(name)) rmSync(name, { recursive: true, force: true });
}

export function dropGood(folder: string): void {
  removeSpare(currentGood(folder));
  rmSync(join(folder, 'good'), { recursive: true, force: true });
  removeFormer(folder);
}

function currentGood(folder: string): string | undefined {
  try {
    return readlinkSync(join(folder, 'good'));
  } catch {
    return undefined;
  }
}

function removeFormer(folder: string, but?: string): void {
  if (!existsSync(folder)) return;
  const names = readdirSync(folder).filter((name) => name.startsWith('.good') && name !== but);
  for (const name of names) removeFolder(join(folder, name));
}
