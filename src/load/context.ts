// The surroundings of a load: the function by which it runs processes, which inherit the lock, and its paths.
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
  /** The kernel's objects before the load, which tell the owner of each class. */
  holds?: State['objects'];
  /** Called with what is done now, where somebody waits at a terminal. */
  progress?: (text: string) => void;
  /** Called with the reason why the kernel has to be read, where a load has trusted the last one (trust.ts). */
  doubt?: (why: string) => void;
  /** Called with the differences before they are applied. */
  announce?: (found: Found) => void;
}
