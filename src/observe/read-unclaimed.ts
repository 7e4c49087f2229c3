// What is in the kernel with virt-shaper's signature although nothing of its own records says so: rules that somebody
// has loaded by hand, or that an installation with other folders has.
import { readClasses, readQdiscs } from '../kernel/tc/read.ts';
import { signature } from '../plan/names.ts';
import type { Run } from '../system/exec.ts';

/** @returns the number of classes */
export async function countUnclaimed(run: Run): Promise<number> {
  const { qdiscs } = await readQdiscs(run, []);
  const ours = qdiscs.filter(
    ({ root, kind, options }) => root && kind === 'htb' && options.r2q === signature,
  );
  const classes = await readClasses(
    run,
    ours.map(({ dev }) => dev),
  );
  return classes.length;
}
