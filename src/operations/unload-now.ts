// Removes everything of ours from the kernel, and records when and by whom it was switched off.
import { dirname } from 'node:path';
import type { Site } from '../load/context.ts';
import { unload } from '../load/load.ts';
import { type WhyOff, writeOff } from '../store/unloaded.ts';
import { assertWritable } from '../system/folders.ts';
import type { Context } from './context.ts';

/**
 * Call it under the lock. @returns whether there was anything to remove
 * @throws Failure, with nothing changed, where the record could not be written: the next sync would load all again
 */
export async function unloadNow({ paths }: Context, site: Site, why: WhyOff): Promise<boolean> {
  assertWritable(dirname(paths.unloaded)); // A full one may have room once the rules are removed.
  const changed = await unload(site);
  writeOff(paths.unloaded, why);
  return changed;
}
