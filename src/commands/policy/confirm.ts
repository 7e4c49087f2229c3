// virt-shaper confirm, and the process that keeps the time of a load until then.
import { confirm } from '../../operations/confirm.ts';
import type { Context } from '../../operations/context.ts';
import { takeBackInTime } from '../../operations/take-back.ts';

export async function confirmCommand(context: Context): Promise<number> {
  await confirm(context);
  return 0;
}

/** Started by "load --confirm" only, with the id of that load. */
export async function guardCommand(context: Context, id: string): Promise<number> {
  await takeBackInTime(context, id);
  return 0;
}
