// Where a load takes place: its door to processes, which holds the lock, and its folders.
import type { Found } from '../diff/difference.ts';
import type { State } from '../kernel/objects.ts';
import type { Paths } from '../store/paths.ts';
import type { Run } from '../system/exec.ts';

/** The paths are those of store/files.ts. */
export interface Site
  extends Pick<
    Paths,
    | 'rules'
    | 'listing'
    | 'seen'
    | 'foreignTaps'
    | 'formerSettings'
    | 'journal'
    | 'spare'
    | 'owner'
    | 'usageSpool'
  > {
  run: Run;
  /** The kernel's objects before the load: their lines say whose each class is. */
  holds?: State['objects'];
  /** Told what is going on, where somebody waits. */
  progress?: (text: string) => void;
  /** Told why what was believed of the kernel has to be read. */
  doubt?: (why: string) => void;
  /** Told what is about to change, where somebody wants to know. */
  announce?: (found: Found) => void;
}
