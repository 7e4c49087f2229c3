// virt-shaper status: which guests are shaped, with which rates, and how much of these they use now.

import type { Context } from '../../operations/context.ts';
import { look, screenOf, select, usualInterval } from '../../operations/look.ts';
import { statusAsData } from '../../report/in-use-data.ts';
import { reportStatus } from '../../report/status.ts';

export interface StatusOptions {
  json?: boolean;
  /** Seconds, as typed. */
  interval?: string;
}

export async function statusCommand(
  context: Context,
  names: string[],
  { json, interval = usualInterval }: StatusOptions,
): Promise<number> {
  const { inUse, asked } = await look(context, interval);
  const shown = { ...inUse, guests: select(inUse.guests, names) };
  context.print(
    json
      ? `${JSON.stringify(statusAsData(shown, asked), null, 2)}\n`
      : reportStatus(shown, asked, screenOf(process), Date.now(), names.length > 0),
  );
  return asked.mistakes.length > 0 ? 2 : 0;
}
