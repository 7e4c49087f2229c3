// Objects with virt-shaper's signature that this installation has no record of: rules that somebody loaded by hand, or those of an
// installation with other folders.

import { readIfbs } from '../kernel/ifb.ts';
import { describeOwner, othersOf } from '../kernel/owner.ts';
import { readClasses, readQdiscs } from '../kernel/tc/read.ts';
import { signature } from '../plan/names.ts';
import type { Run } from '../system/exec.ts';

export interface Unclaimed {
  classes: number;
  /** The other installation that owns them, where there is one (kernel/owner.ts). */
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
