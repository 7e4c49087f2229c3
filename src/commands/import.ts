// virt-shaper import FILE: the old hook's bandwidth.conf as TOML on stdout; what cannot be taken over on stderr.
import { readFileSync } from 'node:fs';
import { Failure } from '../errors.ts';
import { importBandwidthConf } from '../import/bandwidth-conf.ts';
import { formatProblem } from '../report/problems.ts';
import type { Context } from './context.ts';

/** Bytes; the old hook's files were a few lines. */
const largest = 4 * 1024 * 1024;

export async function importCommand(context: Context, file: string): Promise<number> {
  const { toml, problems } = importBandwidthConf(readFile(file), file);
  for (const problem of problems) context.warn(formatProblem(problem));
  context.print(toml);
  return problems.some((problem) => problem.severity === 'error') ? 1 : 0;
}

function readFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (bytes.length > largest) throw new Failure(`${file} is larger than ${largest} bytes: no bandwidth.conf`);
  return bytes.toString('utf8');
}
