// The kernel's differences from what was loaded that are somebody's doing.
import type { KernelState } from '../kernel/objects.ts';
import type { Obstacle } from '../store/in-force-plan.ts';
import { compare } from './compare.ts';
import type { Difference, Found } from './difference.ts';

/**
 * Where a tree cannot be, a load would take its guests out of the table: what the table has of them is no drift where it is as it
 * was loaded.
 */
export function driftOf<Of extends Found & { from: KernelState }>(found: Of, obstacles: Obstacle[]): Of {
  const { from, loaded, list } = found;
  if (obstacles.length === 0 || !loaded || compare(from, loaded).some(isTable)) return found;
  return { ...found, list: list.filter((one) => !isTable(one)) };
}

function isTable({ kind }: Difference): boolean {
  return kind === 'table';
}
