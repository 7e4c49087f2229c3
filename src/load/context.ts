// Where a load takes place: its door to processes, which holds the lock, and its folders.
import { dirname, join } from 'node:path';
import type { Found } from '../diff/comparison.ts';
import type { Run } from '../system/exec.ts';

export interface Site {
  run: Run;
  /** The folder of the rules: what is to be loaded. */
  rules: string;
  /** The file with the table as nft listed it after the last commit (read-state.ts). */
  listing: string;
  /** The file with what nft and tc answered when there was nothing to do (answer-cache.ts). */
  seen: string;
  /** The file with the taps whose clsact was there before us. */
  foreignTaps: string;
  /** The file with what the kernel's settings were before us. */
  formerSettings: string;
  /** The folder of the batches now running. */
  journal: string;
  /** Which installation loads (kernel/owner.ts). */
  owner: string;
  /** Told what is going on, where somebody waits. */
  progress?: (text: string) => void;
  /** Told why what was believed of the kernel has to be read. */
  doubt?: (why: string) => void;
  /** Told what is about to change, where somebody wants to know. */
  announce?: (found: Found) => void;
}

/** Where the rules in force are kept while the disk of rules.d is full: beside the journal, in /run. */
export function spareOf({ journal }: Pick<Site, 'journal'>): string {
  return join(dirname(journal), 'in-force');
}
