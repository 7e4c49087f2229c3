// rules.d/good: the rules that are in force. A symlink to a folder of all three, swapped in one step, so that
// whenever the machine stops it is one whole policy that was loaded.
import { existsSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { readIfThere, writeTogether, writeWhole } from '../files.ts';
import type { Rules } from '../render/render.ts';
import { digestOf } from './digest.ts';

export const ruleFiles = ['ruleset.nft', 'shape.tc', 'devices.ip'] as const satisfies (keyof Rules)[];

/** @throws Failure when a file is not there */
export function readRules(folder: string): Rules {
  const text = (name: keyof Rules) => {
    const found = readIfThere(join(folder, name));
    if (found !== undefined) return found;
    throw new Failure(`${join(folder, name)} is not there`, 'virt-shaper render writes it');
  };
  return {
    'ruleset.nft': text('ruleset.nft'),
    'shape.tc': text('shape.tc'),
    'devices.ip': text('devices.ip'),
  };
}

/** Beside the rules: the configuration that they came from. */
export const sourceFile = '.source.json';

/** The configuration that the rules in force came from. */
export function goodSource(folder: string): string | undefined {
  return readIfThere(join(folder, 'good', sourceFile));
}

/** The rules in force, when there are any. */
export function readIfGood(folder: string): Rules | undefined {
  return currentGood(folder) === undefined ? undefined : readRules(join(folder, 'good'));
}

/**
 * @param folder rules.d
 * @param rules what was loaded
 * @param source the configuration that it came from (config/snapshot.ts), where that is known
 */
export function keepGood(folder: string, rules: Rules, source?: string): void {
  const texts = [...ruleFiles.map((file) => rules[file]), source ?? ''];
  const name = `.good-${digestOf(texts.join('\0')).slice(0, 16)}`;
  if (currentGood(folder) !== name) {
    const files = ruleFiles.map((file) => ({ file: join(folder, name, file), text: rules[file] }));
    writeTogether(files);
    if (source !== undefined) writeWhole(join(folder, name, sourceFile), source, 0o600);
    const next = join(folder, '.good.next');
    rmSync(next, { force: true });
    symlinkSync(name, next);
    // A folder of that name is of another version; nothing else is put there.
    if (currentGood(folder) === undefined) rmSync(join(folder, 'good'), { recursive: true, force: true });
    renameSync(next, join(folder, 'good'));
  }
  removeFormer(folder, name);
}

export function dropGood(folder: string): void {
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
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
}
