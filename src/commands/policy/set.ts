// virt-shaper set and unset: change an entry of the configuration, in a file of their own, for panels and scripts. The
// changed configuration is checked first, and nothing is written where it has a mistake. Nothing is loaded.
import { dirname, join } from 'node:path';
import { type Edit, editConfig } from '../../config/edit.ts';
import { keysOf, literalOf } from '../../config/edit-keys.ts';
import { readFiles } from '../../config/read-files.ts';
import type { Context } from '../../operations/context.ts';
import { underLock } from '../../operations/under-lock.ts';
import { formatProblem } from '../../report/problems.ts';
import { ConfigError } from '../../system/errors.ts';
import { removeFile, writeWhole } from '../../system/files.ts';
import { makeFolder } from '../../system/folders.ts';
import { label } from '../../text/label.ts';
import { Findings } from '../../toml/findings.ts';
import { formatPath } from '../../toml/write.ts';

export interface SetOptions {
  group?: boolean;
  /** Whether an apply follows at once. */
  load?: boolean;
}

export async function setCommand(
  context: Context,
  [name = '', ...pairs]: string[],
  options: SetOptions,
): Promise<number> {
  if (pairs.length % 2 === 1) {
    const message = `${label(pairs.at(-1) ?? '')} has no value: keys and values come in pairs`;
    throw new ConfigError([{ severity: 'error', message }]);
  }
  const set = pairs.flatMap((text, at) => {
    if (at % 2 === 1) return [];
    const key = keysOf(text);
    return [{ key, literal: literalOf(key, pairs[at + 1] ?? '') }];
  });
  return change(context, { table: tableOf(options, name), set }, options);
}

export async function unsetCommand(
  context: Context,
  [name = '', ...keys]: string[],
  options: SetOptions,
): Promise<number> {
  const unset = keys.length === 0 ? [[]] : keys.map(keysOf);
  return change(context, { table: tableOf(options, name), unset }, options);
}

function tableOf({ group }: SetOptions, name: string): Edit['table'] {
  return [group ? 'group' : 'guest', name];
}

/** Under the lock, so that of two at once neither loses the other's change. */
async function change(context: Context, edit: Edit, { load }: SetOptions): Promise<number> {
  const own = join(dirname(context.paths.config.file), 'config.d', '50-set.toml');
  await underLock(context, async () => {
    const findings = new Findings();
    const files = readFiles(context.paths.config, findings);
    const { text, warnings, now } = edited(context, () => editConfig(files, findings, own, edit));
    for (const warning of warnings) context.warn(formatProblem(warning));
    const isSame = text === (files.find(({ name }) => name === own)?.text ?? '');
    if (!isSame && text === '') removeFile(own);
    else if (!isSame) {
      makeFolder(dirname(own));
      writeWhole(own, text, 0o644);
    }
    for (const line of now) context.say(line);
    const next = load ? '' : '; virt-shaper apply puts it in force';
    if (!isSame) context.say(`${said(edit, own)}${next}`);
    else context.say(`nothing to do: ${own} ${edit.set ? 'says so already' : 'has nothing of it'}`);
  });
  return 0;
}

/** A mistake is in the text that is not written, or because of it, so it is said that it is not. */
function edited<Result>({ warn }: Context, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof ConfigError)
      warn('nothing is written, since the configuration would have a mistake:');
    throw error;
  }
}

function said({ table, set = [] }: Edit, file: string): string {
  const values = set.map(({ key, literal }) => `${formatPath([...table, ...key])} = ${literal}`);
  return values.length > 0 ? `${values.join(', ')} written to ${file}` : `${file} changed`;
}
