// virt-shaper import FILE...: converts limits of the old hook, libvirt or Proxmox VE to TOML on stdout, and names on stderr
// what cannot be converted.

import { readFileSync } from 'node:fs';
import { type Format, formats, importFiles } from '../../import/import.ts';
import type { Context } from '../../operations/context.ts';
import { formatProblem } from '../../report/problems.ts';
import { reasonOf, rootHint } from '../../system/as-root.ts';
import { ConfigError, Failure } from '../../system/errors.ts';

/** Bytes: enough for some thousand domains. */
const largest = 16 * 1024 * 1024;

/** @returns 1 when something could not be converted */
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
