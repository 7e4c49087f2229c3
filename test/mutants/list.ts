// Faults that were once made on purpose and that no test noticed, or that are of the same kinds. Found by their text, in
// whatever file it stands: where that changes, the entry is changed with it.
import { bounds } from './lists/bounds.ts';
import { commands } from './lists/commands.ts';
import { first } from './lists/first.ts';
import { limits } from './lists/limits.ts';
import type { Listed } from './lists/listed.ts';
import { load } from './lists/load.ts';
import { moments } from './lists/moments.ts';
import { operations } from './lists/operations.ts';

export const mutants: Listed[] = [
  ...first,
  ...load,
  ...operations,
  ...commands,
  ...limits,
  ...moments,
  ...bounds,
];
