// Removes everything of ours from the kernel, and records when and by whom it was switched off.
import type { Site } from '../load/context.ts';
import { unload } from '../load/load.ts';
import { type WhyOff, writeOff } from '../store/unloaded.ts';
import type { Context } from './context.ts';

/** Call it under the lock. @returns whether there was anything to remove */
export async function unloadNow({ paths }: Context, site: Site, why: WhyOff): Promise<boolean> {
  const changed = await unload(site);
  writeOff(paths.unloaded, why);
  return changed;
}
