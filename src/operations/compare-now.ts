// The comparison that `explain` shows: the rules in rules.d, where they can be read, against the kernel's state.

import { compare } from '../diff/compare.ts';
import { reachable } from '../diff/obstacles.ts';
import { parseRules } from '../diff/parse-rules.ts';
import { emptyState } from '../kernel/objects.ts';
import { ownedBy } from '../kernel/owner.ts';
import type { Site } from '../load/context.ts';
import { readState } from '../load/read-state.ts';
import { readUse } from '../observe/read-use.ts';
import type { Uses } from '../observe/use.ts';
import type { Rules } from '../render/render.ts';
import type { KernelNow } from '../report/explain/kernel.ts';
import { readRules } from '../store/in-force-rules.ts';
import { Failure } from '../system/errors.ts';

export function rulesIn(folder: string): Rules | undefined {
  try {
    return readRules(folder);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The counters of the trees in force, which were read for status just now. */
export interface TreeCounters {
  devices: ReadonlySet<string>;
  uses: Uses;
}

/** Compares like `plan`; a foreign object in our place is reported and does not fail the comparison. */
export async function readNow(
  site: Site,
  rules: Rules | undefined,
  folder: string,
  counted: TreeCounters = { devices: new Set(), uses: new Map() },
): Promise<KernelNow> {
  const asked = rules ? parseRules(rules, folder) : emptyState();
  const from = await readState(site, { expected: asked });
  const { wanted, unreached, obstacles } = reachable(from, ownedBy(site.owner, asked));
  const trees = [...from.objects.values()].flatMap(({ kind, device }) => (kind === 'root' ? device : []));
  const others = trees.filter((device) => !counted.devices.has(device));
  const more = others.length > 0 ? (await readUse(site.run, others)).uses : [];
  const uses = new Map([...counted.uses, ...more]);
  return { from, to: wanted, list: compare(from, wanted), unreached, obstacles, uses };
}
