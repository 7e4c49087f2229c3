// rules.d/good: the rules that are in force. A symlink to a folder of all three, swapped in one step, so that
// whenever the machine stops it is one whole policy that was loaded.
import { existsSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Rules } from '../render/render.ts';
import { Failure, isFull } from '../system/errors.ts';
import { isChanged, readCache, readIfThere, unwritten, writeTogether } from '../system/files.ts';
import { removeFolder } from '../system/folders.ts';
import type { NewFile } from '../system/sync-files.ts';

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
      basename(folder) === 'good' ? 'virt-shaper sync makes it anew' : 'virt-shaper render writes it';
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

/** Whether two renderings are the same, text by text. */
export function areSame(some: Rules | undefined, others: Rules): boolean {
  return ruleFiles.every((name) => some?.[name] === others[name]);
}

/** Beside the rules: the configuration that they came from (configuration.ts). */
export const sourceFile = '.source.json';

/** Beside the rules: the plan that they print, for those who show it (in-force.ts). */
export const planFile = '.plan.json';

/** Text by name, of those that are there. What goes with the rules wherever they go. */
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

/** The configuration that the rules in force came from. */
export function goodSource(folder: string): string | undefined {
  return readCache(join(folder, 'good', sourceFile));
}

/** The rules in force, when there are any. */
export function readIfGood(folder: string): Rules | undefined {
  return currentGood(folder) === undefined ? undefined : readRules(join(folder, 'good'));
}

/**
 * Puts on the disk, beside those in force, the rules that are about to be. They count when they are kept.
 * @param folder rules.d
 * @param rules what is being loaded
 * @param companions what is known of where it came from
 * @param spare where they go while the disk is full: a name in /run, to which a number is added
 * @returns the folder's name, or the path of the spare one
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
    removeFolder(next); // Of a load that was killed.
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

/** What a load that is going on, or was killed, has laid. @param folder rules.d @param spare as above */
export function laidFolder(folder: string, spare: string): string | undefined {
  const current = currentGood(folder);
  const places = [
    ...readNames(folder).filter((name) => /^\.good-\d+$/.test(name)),
    ...readNames(dirname(spare)).flatMap((name) =>
      name.startsWith(`${basename(spare)}-`) ? join(dirname(spare), name) : [],
    ),
  ];
  const [laid] = places.filter((name) => name !== current);
  return laid === undefined ? undefined : resolve(folder, laid);
}

function readNames(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** @param name of the folder that was laid: what is in it is in force */
export function keepGood(folder: string, name: string): void {
  const former = currentGood(folder);
  if (former !== name) {
    const next = join(folder, '.good.next');
    removeFolder(next); // A link that a killed load has left.
    try {
      symlinkSync(name, next);
      // A folder of that name is of another version; nothing else is put there.
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
