// virt-shaper confirm, and the process that rolls a load back when it was not confirmed in time.
import { confirm } from '../../operations/confirm.ts';
import type { Context } from '../../operations/context.ts';
import { takeBackInTime } from '../../operations/take-back.ts';

export async function confirmCommand(context: Context): Promise<number> {
  await confirm(context);
  return 0;
}

/** Started only by `load --confirm` and `apply --confirm`. @param id of that load */
export async function guardCommand(context: Context, id: string): Promise<number> {
  await takeBackInTime(context, id);
  return 0;
}
