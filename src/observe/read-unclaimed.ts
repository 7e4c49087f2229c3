// What is in the kernel with virt-shaper's signature although nothing of its own records says so: rules that somebody
// has loaded by hand, or that an installation with other folders has.

import { readIfbs } from '../kernel/ifb.ts';
import { describeOwner, othersOf } from '../kernel/owner.ts';
import { readClasses, readQdiscs } from '../kernel/tc/read.ts';
import { signature } from '../plan/names.ts';
import type { Run } from '../system/exec.ts';

export interface Unclaimed {
  classes: number;
  /** The installation that has loaded them, where it is another that we may not take them from (kernel/owner.ts). */
  by?: string;
}

export async function readUnclaimed(run: Run, owner: string): Promise<Unclaimed> {
  const [by] = othersOf(owner, readIfbs());
  const { qdiscs } = await readQdiscs(run, []);
  const ours = qdiscs.filter(
    ({ root, kind, options }) => root && kind === 'htb' && options.r2q === signature,
  );
  const classes = await readClasses(
    run,
    ours.map(({ dev }) => dev),
  );
  return { classes: classes.length, ...(by === undefined ? {} : { by: describeOwner(by) }) };
}
