// virt-shaper import FILE...: what the old hook, libvirt or Proxmox VE limited, as TOML on stdout; what cannot be
// taken over on stderr.

import { readFileSync } from 'node:fs';
import { type Format, formats, importFiles } from '../../import/import.ts';
import type { Context } from '../../operations/context.ts';
import { formatProblem } from '../../report/problems.ts';
import { reasonOf, rootHint } from '../../system/as-root.ts';
import { ConfigError, Failure } from '../../system/errors.ts';

/** Bytes: some thousand domains in one text. */
const largest = 16 * 1024 * 1024;

/** @returns 1 when something could not be taken over */
export async function importCommand(
  context: Context,
  names: string[],
  { from }: { from?: string },
): Promise<number> {
  const files = names.map((name) => ({ name, text: readFile(name) }));
  const { toml, problems } = importFiles(files, formatNamed(from));
  for (const problem of problems) context.warn(formatProblem(problem));
  context.print(toml);
  return problems.some((problem) => problem.severity === 'error') ? 1 : 0;
}

function formatNamed(from: string | undefined): Format | undefined {
  if (from === undefined) return undefined;
  const format = formats.find((known) => known === from);
  if (format) return format;
  const message = `--from takes ${formats.join(', ')}, not "${from}"`;
  throw new ConfigError([{ severity: 'error', message }]);
}

function readFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${reasonOf(error)}`, rootHint(error as NodeJS.ErrnoException));
  }
  if (bytes.length > largest) throw new Failure(`${file} is larger than ${largest} bytes: nothing to import`);
  return bytes.toString('utf8');
}
