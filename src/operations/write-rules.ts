// Writes rendered rules to where `load` reads them: rules.d, or /run while the disk is full.
import { describeError } from '../report/errors.ts';
import { writeIds } from '../store/ids.ts';
import { companionsOf, filesOf } from '../store/in-force-rules.ts';
import { setDamagedAside } from '../store/overrides.ts';
import { rememberSpeeds } from '../store/speeds.ts';
import { isFull } from '../system/errors.ts';
import { isChanged, writeTogether } from '../system/files.ts';
import type { Context } from './context.ts';
import type { Generated } from './generate.ts';

/**
 * @param folder the target; rules.d if absent
 * @returns whether any file differs from what was there
 */
export function writeRules(
  { paths }: Context,
  { rules, chosen, companions, inputs, policy }: Generated,
  folder = paths.rules,
): boolean {
  writeIds(paths.ids, chosen);
  setDamagedAside(paths.overrides);
  const uplinks = policy.uplinks.map(({ name }) => name);
  rememberSpeeds(paths.speeds, inputs.host.devices, uplinks);
  return layRules(folder, { rules, companions });
}

export interface Written {
  folder: string;
  /** Whether any file differs from what was there. */
  written: boolean;
  /** The error because of which they are in /run; to be noted in the history after the load. */
  full?: string;
}

/** The same with a fallback: while the disk is full the rules are written to /run and loaded from there. */
export function writeRulesAnywhere(
  context: Context,
  generated: Generated,
  folder = context.paths.rules,
): Written {
  try {
    return { folder, written: writeRules(context, generated, folder) };
  } catch (error) {
    if (!isFull(error)) throw error;
    const { syncRules } = context.paths;
    const full = describeError(error);
    context.warn(full);
    context.warn(
      `warning: the rules are written to ${syncRules} and loaded from there, until a sync finds room`,
    );
    return { folder: syncRules, written: layRules(syncRules, generated), full };
  }
}

/** Writes only the rules and the files beside them, for a dry run too. */
export function layRules(
  folder: string,
  { rules, companions }: Pick<Generated, 'rules' | 'companions'>,
): boolean {
  const files = filesOf(folder, rules).filter(isChanged);
  // Only changed files: after a kill halfway the remaining ones still differ, and the next run writes them.
  writeTogether([...files, ...companionsOf(folder, companions).filter(isChanged)]);
  return files.length > 0;
}
